package dev.jemma.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.eval.Answer;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Evaluation;
import dev.jemma.eval.EvaluationListener;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Figure;
import dev.jemma.eval.Fixture;
import dev.jemma.eval.Item;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.Items;
import dev.jemma.eval.Request;
import dev.jemma.eval.Scorer;
import dev.jemma.eval.Task;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.sandbox.Sandbox;
import dev.jemma.eval.sandbox.SandboxLimits;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * HumanEval and MBPP with the programs of their authors: prompt, completion and tests make the program that they should.
 * In short the first rows; {@code -Djemma.real.eval=all} takes all.
 */
class ProgramTasksTest {
    private static final EvaluationOptions ROWS =
            System.getProperty("jemma.real.eval", "").equals("all")
                    ? EvaluationOptions.DEFAULTS
                    : EvaluationOptions.DEFAULTS.withLimit(12);

    /** A slow program (MBPP 123) on a busy machine decides nothing. */
    private static final SandboxLimits PATIENT = SandboxLimits.DEFAULTS.withTime(Duration.ofSeconds(60));

    /** Its tests use variables of the row's set-up, which the reference does not run either. */
    private static final List<String> NEEDS_A_SETUP = List.of("367");

    @ParameterizedTest
    @CsvSource({"humaneval, canonical_solution, 'pass@1,create_test'", "mbpp, code, 'pass_at_1,none'"})
    void theAuthorsOwnProgramsPassAndEmptyOnesFail(String name, String field, String figure) {
        EvaluationOptions options = ROWS.withShots(0);
        try (Sandbox sandbox = sandbox()) {
            Task task = new Benchmarks(
                            Optional.of(program -> sandbox.run(program).passed()))
                    .find(name)
                    .getFirst();
            Map<Request, String> known = new HashMap<>();
            for (Item item : Items.of(task, Fixture.data(), options)) {
                known.put(item.requests().getFirst(), item.doc().text(field));
            }
            TaskResult right = run(task, options, known);
            assertThat(right.items().stream()
                            .filter(item -> item.values().values().stream().anyMatch(value -> value < 1))
                            .map(ItemResult::item)
                            .map(item -> item.doc().text("task_id")))
                    .isSubsetOf(NEEDS_A_SETUP);
            known.replaceAll((_, _) -> "    pass\n");
            Map<Metric, Figure> none = run(task, options, known).figures();
            assertThat(none.keySet()).extracting(Metric::key).containsExactly(figure);
            assertThat(none.values()).allMatch(one -> one.value() == 0);
        }
    }

    /** Skips the test, with the reason, where there is none. */
    private static Sandbox sandbox() {
        try {
            return Sandbox.open(PATIENT, 1);
        } catch (EvalException e) {
            System.err.println("SKIPPED: no sandbox here: " + e.getMessage());
            return Assumptions.abort(e.getMessage());
        }
    }

    private static TaskResult run(Task task, EvaluationOptions options, Map<Request, String> answers) {
        Scorer scorer = new Scorer() {
            @Override
            public String identity() {
                return "authors";
            }

            @Override
            public void answer(List<List<Request>> batches, Receiver receiver) {
                for (int r = 0; r < batches.getFirst().size(); r++) {
                    receiver.answered(
                            0,
                            r,
                            new Answer.Text(
                                    answers.getOrDefault(batches.getFirst().get(r), "")));
                }
            }
        };
        return new Evaluation(scorer, Fixture.data(), options, Optional.empty(), EvaluationListener.NONE)
                .run(List.of(task))
                .getFirst();
    }
}
