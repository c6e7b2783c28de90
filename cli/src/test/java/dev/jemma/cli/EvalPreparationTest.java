package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Task;
import dev.jemma.eval.task.Benchmarks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is missing on this machine, told before any model is there. */
class EvalPreparationTest {
    @TempDir
    private Path data;

    private final TestConsole console = new TestConsole(Map.of());
    private final Benchmarks benchmarks = new Benchmarks(Optional.empty());

    private int prepare(String... names) {
        Map<String, List<Task>> asked = new java.util.LinkedHashMap<>();
        for (String name : names) {
            asked.put(name, benchmarks.find(name));
        }
        try (EvalSandbox sandbox = new EvalSandbox(_ -> {
            throw new EvalException("there is no python3; install it");
        })) {
            return EvalPreparation.of(
                            console.console(), asked, new DataFolder(data), EvaluationOptions.DEFAULTS, sandbox)
                    .size();
        }
    }

    @Test
    void aMissingInterpreterAndMissingDataAreALineEach() throws IOException {
        Files.createDirectories(data.resolve("humaneval"));
        Files.writeString(data.resolve("humaneval/HumanEval.jsonl"), """
                {"prompt": "def f():\\n", "canonical_solution": "    pass", "test": "", "entry_point": "f"}
                """);
        assertThatThrownBy(() -> prepare("humaneval"))
                .isInstanceOf(EvalException.class)
                .hasMessage("humaneval: there is no python3; install it");
        assertThat(console.err()).isEmpty();
        assertThatThrownBy(() -> prepare("humaneval", "minerva_math", "piqa"))
                .hasMessageStartingWith("piqa: there is no " + data.resolve("piqa/validation"));
        assertThat(console.err().lines())
                .hasSize(2)
                .satisfiesExactly(
                        first -> assertThat(first).endsWith("humaneval: there is no python3; install it"),
                        second -> assertThat(second)
                                .contains("minerva_math_algebra: there is no " + data.resolve("math/test"))
                                .endsWith("(and 6 more of its tasks)"));
    }

    @Test
    void withoutTasksOfProgramsNobodyAsksForAnInterpreter() throws IOException {
        Files.createDirectories(data.resolve("piqa"));
        Files.writeString(
                data.resolve("piqa/validation.jsonl"),
                "{\"goal\": \"open a door\", \"sol1\": \"push it\", \"sol2\": \"sing to it\", \"label\": 0}\n");
        assertThat(prepare("piqa")).isEqualTo(1);
    }

    @Test
    void damagedDataIsToldLikeMissingData() throws IOException {
        Files.createDirectories(data.resolve("piqa"));
        Files.writeString(data.resolve("piqa/validation.jsonl"), "{\"goal\": \n");
        assertThatThrownBy(() -> prepare("piqa")).hasMessageContaining("piqa/validation.jsonl");
    }
}
