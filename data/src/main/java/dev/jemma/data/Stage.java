package dev.jemma.data;

import java.util.List;

/**
 * Shares of the sets of a mixture, up to a point of the run.
 *
 * @param until part of the run's rows at which it ends, above that of the stage before; 1 for the last
 * @param weights by set, its share of the rows in any unit; none negative, one positive at least
 */
public record Stage(double until, List<Double> weights) {
    public Stage {
        weights = List.copyOf(weights);
        boolean wrong = weights.stream().anyMatch(w -> !(w >= 0) || w.isInfinite());
        if (wrong || weights.stream().noneMatch(w -> w > 0)) {
            throw new IllegalArgumentException(
                    "weights of a mixture are numbers from 0 up, one of them above 0, not " + weights);
        }
        if (!(until > 0 && until <= 1)) {
            throw new IllegalArgumentException("a stage ends at a part of the run above 0 and up to 1, not " + until);
        }
    }

    /** Shares that hold for the whole run. */
    public static Stage always(List<Double> weights) {
        return new Stage(1, weights);
    }

    /** Refuses stages that do not follow one another to the end, or have not as many weights as there are sets. */
    static void check(List<Stage> stages, int sets) {
        double before = 0;
        for (Stage stage : stages) {
            if (stage.weights().size() != sets) {
                throw new IllegalArgumentException(
                        "a stage has " + stage.weights().size() + " weights for " + sets + " sets of examples");
            }
            if (stage.until() <= before) {
                throw new IllegalArgumentException(
                        "stages must end one after another: " + before + ", then " + stage.until());
            }
            before = stage.until();
        }
        if (before != 1) {
            throw new IllegalArgumentException("the last stage must go on to the end of the run (1), not to " + before);
        }
    }
}
