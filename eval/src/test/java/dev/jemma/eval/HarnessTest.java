package dev.jemma.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.task.Benchmarks;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The harness measures what it should: every multiple-choice task with scorers whose result is known beforehand. */
class HarnessTest {
    private static final Metric ACC = Metric.of("acc");

    static Stream<String> tasks() {
        Benchmarks all = new Benchmarks(Optional.empty());
        return all.taskNames().stream()
                .filter(name -> all.task(name)
                        .filter(task -> task.form() instanceof Form.Partial
                                || (task.form() instanceof Form.Choice choice
                                        && choice.metrics().contains(Form.ChoiceMetric.ACC)))
                        .isPresent());
    }

    private static Task task(String name) {
        return new Benchmarks(Optional.empty()).find(name).getFirst();
    }

    private static TaskResult run(Task task, Scorer scorer) {
        return new Evaluation(
                        scorer, Fixture.data(), EvaluationOptions.DEFAULTS, Optional.empty(), EvaluationListener.NONE)
                .run(List.of(task))
                .getFirst();
    }

    private static double accuracy(TaskResult result) {
        return Optional.ofNullable(result.figures().get(ACC)).orElseThrow().value();
    }

    /**
     * Which choice somebody takes who knows all right answers: the first that is right here, or wherever the same
     * question stands again, and that reads as it does. A few data sets hold such rows.
     */
    private static int known(Set<Request> right, Item item) {
        for (int i = 0; i < item.requests().size(); i++) {
            if (right.contains(item.requests().get(i))) {
                return i;
            }
        }
        return -1;
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void guessingLandsAtChanceAnOracleAtTheTopAndTheFirstAtItsShare(String name) {
        Task task = task(name);
        List<Item> items = Items.of(task, Fixture.data(), EvaluationOptions.DEFAULTS);
        Set<Request> right = new HashSet<>();
        items.forEach(item ->
                Stand.gold(task, item).forEach(g -> right.add(item.requests().get(g))));
        double chance = 0;
        double variance = 0;
        double first = 0;
        double reachable = 0;
        for (Item item : items) {
            List<Integer> gold = Stand.gold(task, item);
            double p = (double) gold.size() / item.requests().size();
            chance += p;
            variance += p * (1 - p);
            first += gold.contains(0) ? 1 : 0;
            reachable += gold.contains(known(right, item)) ? 1 : 0;
        }
        int n = items.size();
        assertThat(accuracy(run(task, Stand.random(11))))
                .as("guessing")
                .isEqualTo(chance / n, within(3 * Math.sqrt(variance) / n));
        assertThat(accuracy(run(task, Stand.oracle(task, items)))).as("oracle").isEqualTo(reachable / n, within(1e-12));
        assertThat(reachable / n).as("rows that can be known").isGreaterThan(0.95);
        assertThat(accuracy(run(task, Stand.first()))).as("always the first").isEqualTo(first / n, within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void shotsDoNotChangeWhatIsScored(String name) {
        Task task = task(name);
        EvaluationOptions few = EvaluationOptions.DEFAULTS.withLimit(3);
        List<Item> none = Items.of(task, Fixture.data(), few);
        List<Item> two = Items.of(
                task.toBuilder().pool(task.documents()).build(),
                Fixture.data(),
                new EvaluationOptions(
                        few.limit(),
                        OptionalInt.of(2),
                        false,
                        false,
                        false,
                        Optional.empty(),
                        OptionalInt.empty(),
                        Optional.empty(),
                        100,
                        7));
        for (int i = 0; i < none.size(); i++) {
            for (int r = 0; r < none.get(i).requests().size(); r++) {
                Request.LogLikelihood plain =
                        (Request.LogLikelihood) none.get(i).requests().get(r);
                Request.LogLikelihood shown =
                        (Request.LogLikelihood) two.get(i).requests().get(r);
                assertThat(shown.continuation()).isEqualTo(plain.continuation());
                String question = plain.prompt().shown();
                assertThat(shown.prompt().shown())
                        .endsWith(question.substring(task.description()
                                .apply(Fixture.data())
                                .apply(two.get(i).doc())
                                .length()))
                        .hasSizeGreaterThan(question.length());
            }
        }
    }
}
