package dev.jemma.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which example comes next: one set in order or shuffled by epoch, or several in the shares of a {@link Stage}. Its state
 * is how many were drawn of each set, and of how many rows; which set comes next is a random number keyed by seed and
 * position.
 */
final class Draws {
    /** The {@code ordinal}-th draw of a set, counted over all epochs. */
    record Draw(int set, long ordinal) {}

    private final List<Examples> sets;
    private final List<Stage> stages;
    private final boolean shuffled;
    private final long seed;
    private final long totalRows;
    private final long limit; // draws in all
    private final double[] meanRows; // by set
    private final String fingerprint;
    private final Permutation[] orders; // by set: that of the epoch which was asked for last
    private final long[] orderEpochs;
    private final long[] drawn;
    private long drawnRows;

    private Draws(List<Examples> sets, List<Stage> stages, boolean shuffled, long seed, long totalRows, long limit) {
        this.sets = List.copyOf(sets);
        this.stages = List.copyOf(stages);
        this.shuffled = shuffled;
        this.seed = seed;
        this.totalRows = totalRows;
        this.limit = limit;
        this.drawn = new long[sets.size()];
        this.meanRows = new double[sets.size()];
        this.orders = new Permutation[sets.size()];
        this.orderEpochs = new long[sets.size()];
        List<String> parts = new ArrayList<>();
        for (int set = 0; set < sets.size(); set++) {
            Examples examples = sets.get(set);
            if (examples.size() == 0) {
                throw new DataException("there is no example to train on"
                        + (sets.size() == 1 ? "" : " in set " + (set + 1) + " of the mixture")
                        + "; see what was dropped, and why, with jemma prepare");
            }
            meanRows[set] = (double) (examples.tokens() - examples.size()) / examples.size();
            orders[set] = new Permutation(examples.size(), key(set), 0);
            parts.add(examples.fingerprint());
        }
        String all = parts + " " + this.stages + " " + shuffled + " " + seed + " " + totalRows + " " + limit;
        this.fingerprint = Hashes.hex(all).substring(0, 16);
    }

    static Draws inOrder(Examples examples) {
        return new Draws(List.of(examples), List.of(Stage.always(List.of(1.0))), false, 0, 1, examples.size());
    }

    static Draws shuffled(Examples examples, long seed, long limit) {
        return new Draws(List.of(examples), List.of(Stage.always(List.of(1.0))), true, seed, 1, limit);
    }

    static Draws mixed(List<Examples> sets, List<Stage> stages, long totalRows, long seed) {
        if (totalRows < 1) {
            throw new IllegalArgumentException("a run of a mixture has at least one row, not " + totalRows);
        }
        Stage.check(stages, sets.size());
        return new Draws(sets, stages, true, seed, totalRows, Long.MAX_VALUE);
    }

    String fingerprint() {
        return fingerprint;
    }

    long drawnRows() {
        return drawnRows;
    }

    List<Long> drawn() {
        return Arrays.stream(drawn).boxed().toList();
    }

    /** Goes back, or on, to these counts. */
    void seek(List<Long> counts, long rows) {
        for (int set = 0; set < drawn.length; set++) {
            drawn[set] = counts.get(set);
        }
        drawnRows = rows;
    }

    int sets() {
        return sets.size();
    }

    boolean hasNext() {
        return position() < limit;
    }

    /** The next draw and its example; empty at the end. */
    Optional<Draw> next() {
        if (!hasNext()) {
            return Optional.empty();
        }
        int set = choose();
        return Optional.of(new Draw(set, drawn[set]++));
    }

    /** The example of a draw. */
    Example example(Draw draw) {
        Examples examples = sets.get(draw.set());
        long index = draw.ordinal() % examples.size();
        return examples.get(shuffled ? order(draw).at(index) : index);
    }

    /** Counts the rows of what was drawn: they tell the stage. */
    void count(Example example) {
        drawnRows += example.rows();
    }

    private long position() {
        long position = 0;
        for (long count : drawn) {
            position += count;
        }
        return position;
    }

    private Permutation order(Draw draw) {
        int set = draw.set();
        long epoch = draw.ordinal() / sets.get(set).size();
        if (orderEpochs[set] != epoch) {
            orders[set] = new Permutation(sets.get(set).size(), key(set), epoch);
            orderEpochs[set] = epoch;
        }
        return orders[set];
    }

    private long key(int set) {
        return Mix.bits(seed, set + 1L);
    }

    /** Weights are shares of rows; divided by the mean rows of an example they are shares of draws. */
    private int choose() {
        if (sets.size() == 1) {
            return 0;
        }
        List<Double> weights = stage().weights();
        double sum = 0;
        for (int set = 0; set < meanRows.length; set++) {
            sum += weights.get(set) / meanRows[set];
        }
        double left = Mix.unit(seed, position()) * sum;
        int last = 0;
        for (int set = 0; set < meanRows.length; set++) {
            double share = weights.get(set) / meanRows[set];
            if (share > 0) {
                if (left < share) {
                    return set;
                }
                last = set; // where rounding leaves a little more than all shares
            }
            left -= share;
        }
        return last;
    }

    private Stage stage() {
        double part = (double) drawnRows / totalRows;
        for (Stage stage : stages) {
            if (part < stage.until()) {
                return stage;
            }
        }
        return stages.getLast();
    }
}
