package dev.jemma.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.report.ResultTable;
import dev.jemma.eval.task.Benchmarks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that was ended, in whatever way, is gone on with: nothing is asked twice, and the report is the same. */
class ResumeTest {
    private static final int ITEMS = 200;

    @TempDir
    private Path folder;

    private Path data = Path.of("");

    @BeforeEach
    void rows() throws IOException {
        data = folder.resolve("data");
        writeRows(data);
    }

    static void writeRows(Path data) throws IOException {
        Files.createDirectories(data.resolve("piqa"));
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < ITEMS; i++) {
            rows.append("{\"goal\": \"reach ")
                    .append(i)
                    .append("\", \"sol1\": \"walk\", \"sol2\": \"ride a bicycle\", \"label\": ")
                    .append(i % 2)
                    .append("}\n");
        }
        Files.writeString(data.resolve("piqa/validation.jsonl"), rows);
    }

    private static Answer length(Request request) {
        return new Answer.Likelihood(-AnswerCache.key("", request).chars().sum(), false);
    }

    private List<TaskResult> run(Scorer scorer, Path file) {
        try (AnswerCache cache = AnswerCache.open(file)) {
            return new Evaluation(
                            scorer,
                            new DataFolder(data),
                            EvaluationOptions.DEFAULTS,
                            Optional.of(cache),
                            EvaluationListener.NONE)
                    .run(new Benchmarks(Optional.empty()).find("piqa"));
        }
    }

    private static String report(List<TaskResult> results) {
        return ResultTable.of(results, Map.of());
    }

    @Test
    void whatWasAnsweredIsNotAskedAgain() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        Stand.Counting whole = new Stand.Counting(ResumeTest::length);
        String expected = report(run(whole, folder.resolve("whole.jsonl")));
        assertThat(whole.asked()).isEqualTo(2 * ITEMS);

        assertThatThrownBy(() -> run(new Stand.Counting(ResumeTest::length, 123), file))
                .hasMessage("interrupted");
        Files.writeString(file, "{\"key\": \"torn", StandardOpenOption.APPEND);
        Stand.Counting rest = new Stand.Counting(ResumeTest::length);
        assertThat(report(run(rest, file))).isEqualTo(expected);
        assertThat(rest.asked()).isEqualTo(2 * ITEMS - 123);

        Stand.Counting nothing = new Stand.Counting(ResumeTest::length);
        assertThat(report(run(nothing, file))).isEqualTo(expected);
        assertThat(nothing.asked()).isZero();
        assertThat(Files.readAllLines(file)).hasSize(2 * ITEMS);
    }

    @Test
    void aKilledProcessLosesNoAnswer() throws IOException, InterruptedException {
        Path file = folder.resolve("answers.jsonl");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Slow.class.getName(),
                        data.toString(),
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        try {
            while (process.isAlive() && (!Files.exists(file) || Files.readAllBytes(file).length < 4000)) {
                Thread.sleep(5);
            }
            assertThat(process.isAlive())
                    .as(Files.readString(folder.resolve("log")))
                    .isTrue();
        } finally {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        }
        int kept = Files.readString(file).split("\n", -1).length - 1;
        assertThat(kept).isBetween(10, 2 * ITEMS - 1);
        Stand.Counting rest = new Stand.Counting(ResumeTest::length);
        String report = report(run(rest, file));
        assertThat(rest.asked()).isEqualTo(2 * ITEMS - kept);
        assertThat(report)
                .isEqualTo(report(run(new Stand.Counting(ResumeTest::length), folder.resolve("whole.jsonl"))));
    }

    /** A run in a process of its own that takes its time. */
    static final class Slow {
        private Slow() {}

        public static void main(String[] args) {
            Scorer slow = new Stand.Counting(request -> {
                try {
                    Thread.sleep(20);
                } catch (InterruptedException e) {
                    throw new EvalException("interrupted", e);
                }
                return length(request);
            });
            try (AnswerCache cache = AnswerCache.open(Path.of(args[1]))) {
                new Evaluation(
                                slow,
                                new DataFolder(Path.of(args[0])),
                                EvaluationOptions.DEFAULTS,
                                Optional.of(cache),
                                EvaluationListener.NONE)
                        .run(new Benchmarks(Optional.empty()).find("piqa"));
            }
        }
    }

    @Test
    void twoRunsDoNotShareAFile() {
        Path file = folder.resolve("answers.jsonl");
        try (AnswerCache cache = AnswerCache.open(file)) {
            assertThat(cache.size()).isZero();
            assertThatThrownBy(() -> AnswerCache.open(file))
                    .isInstanceOf(EvalException.class)
                    .hasMessageContaining("in use by another evaluation");
        }
    }

    @Test
    void linesThatAreNoAnswersAreAskedAgain() throws IOException {
        Path file = folder.resolve("answers.jsonl");
        byte[] noise = new byte[5000];
        new java.util.Random(3).nextBytes(noise);
        Files.write(file, noise);
        Files.writeString(
                file,
                "\n[]\n{\"key\": 3}\n{\"key\": \"a\", \"sum\": \"b\"}\nnull\n\n",
                StandardCharsets.UTF_8,
                StandardOpenOption.APPEND);
        Stand.Counting all = new Stand.Counting(ResumeTest::length);
        run(all, file);
        assertThat(all.asked()).isEqualTo(2 * ITEMS);
    }

    @Test
    void anotherModelOrAnotherQuestionHasAnotherKey() {
        List<String> keys = new ArrayList<>();
        Prompt plain = new Prompt.Plain("ab");
        keys.add(AnswerCache.key("m", new Request.LogLikelihood(plain, "c")));
        keys.add(AnswerCache.key("n", new Request.LogLikelihood(plain, "c")));
        keys.add(AnswerCache.key("m", new Request.LogLikelihood(new Prompt.Plain("a"), "bc")));
        keys.add(AnswerCache.key(
                "m", new Request.LogLikelihood(new Prompt.Chat(List.of(dev.jemma.chat.Message.user("ab"))), "c")));
        for (int sample = 0; sample < 2; sample++) {
            for (String stop : List.of("x", "y")) {
                keys.add(AnswerCache.key("m", new Request.Generate(plain, List.of(stop), 5, Sampling.GREEDY, sample)));
            }
        }
        keys.add(AnswerCache.key("m", new Request.Rolling("ab", 10)));
        keys.add(AnswerCache.key("m", new Request.Rolling("ab", 11)));
        assertThat(keys).doesNotHaveDuplicates();
    }
}
