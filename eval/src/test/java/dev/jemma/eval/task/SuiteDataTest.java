package dev.jemma.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.Doc;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Fixture;
import dev.jemma.eval.Questions;
import dev.jemma.eval.Request;
import dev.jemma.eval.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The 18 of the paper with its shots: that the questions of every task can be made. */
class SuiteDataTest {
    static final List<String> SUITE = Benchmarks.GEMMA_SUITE;

    private static final EvaluationOptions FIRST_TWO = new EvaluationOptions(
            OptionalInt.of(2),
            OptionalInt.empty(),
            true,
            false,
            false,
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            100,
            1234);

    @ParameterizedTest
    @FieldSource("SUITE")
    void everyTaskOfTheSuiteHasItsQuestionsAndShots(String name) {
        for (Task task : new Benchmarks(Optional.empty()).find(name)) {
            Questions questions = Questions.of(task, Fixture.data(), FIRST_TWO);
            assertThat(questions.items()).as(task.name()).hasSize(2);
            assertThat(questions.shots())
                    .as(task.name())
                    .isEqualTo(task.suiteShots().orElseThrow());
            assertThat(questions.origin().isEmpty()).as(task.name()).isEqualTo(questions.shots() == 0);
        }
    }

    /** So the file of sports_understanding is written; the others begin a line. */
    @Test
    void aChainThatBeginsInTheLineOfItsCueIsReadToo(@TempDir Path data) throws IOException {
        Files.createDirectories(data.resolve("bbh/cot-prompts"));
        Files.writeString(data.resolve("bbh/cot-prompts/sports_understanding.txt"), """
                canary
                -----
                Say whether it is plausible.

                Q: Bo scored.
                A: Let's think step by step. Bo plays. So the answer is yes.

                Q: Al flew.
                A: Let's think step by step. Al runs. So the answer is no.""");
        Files.writeString(
                data.resolve("bbh/sports_understanding.json"),
                "{\"examples\": [{\"input\": \"Cy swam.\", \"target\": \"yes\"}]}");
        Task task = new Benchmarks(Optional.empty())
                .find("bbh_cot_fewshot_sports_understanding")
                .getFirst();
        Questions questions = Questions.of(task, new DataFolder(data), EvaluationOptions.DEFAULTS.withShots(2));
        Request.Generate asked =
                (Request.Generate) questions.items().getFirst().requests().getFirst();
        assertThat(asked.prompt().shown()).isEqualTo("""
                Say whether it is plausible.

                Q: Bo scored.
                A: Let's think step by step.
                Bo plays. So the answer is yes.

                Q: Al flew.
                A: Let's think step by step.
                Al runs. So the answer is no.

                Q: Cy swam.
                A: Let's think step by step.
                """);
        Doc row = questions.items().getFirst().doc();
        assertThat(row.text("target")).isEqualTo("yes");
    }
}
