package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training from the command line, on text that is made up, with models that learn it in milliseconds. */
class TrainingCommandsTest {
    @TempDir
    Path folder;

    private String out = "";
    private String err = "";

    private int jemma(Object... words) {
        TestConsole console =
                new TestConsole(Map.of("JEMMA_HOME", folder.resolve("store").toString(), "JEMMA_OFFLINE", "1"));
        int code = Jemma.run(
                console.console(), Stream.of(words).map(Object::toString).toArray(String[]::new));
        out = console.out();
        err = console.err();
        return code;
    }

    private Path text() throws IOException {
        Random random = new Random(1);
        Path file = folder.resolve("stories.txt");
        Files.writeString(
                file,
                Stream.generate(() -> random.ints(12, 0, 40)
                                .mapToObj(i -> "word" + (char) ('a' + i % 26))
                                .collect(Collectors.joining(" ")))
                        .limit(300)
                        .collect(Collectors.joining("\n\n")));
        return file;
    }

    private Path chats() throws IOException {
        Path file = folder.resolve("chats.jsonl");
        Files.writeString(
                file,
                Stream.iterate(0, i -> i + 1)
                        .limit(60)
                        .map(i ->
                                "{\"prompt\": \"worda wordb %d?\", \"completion\": \"wordc wordd %d\"}".formatted(i, i))
                        .collect(Collectors.joining("\n")));
        return file;
    }

    @BeforeEach
    void aTokenizerAndAModelOfOurOwn() throws IOException {
        assertThat(jemma("train-tokenizer", text(), "--vocab-size", 340, "--out", folder.resolve("tok")))
                .as(err)
                .isZero();
        assertThat(jemma(
                        "pretrain",
                        text(),
                        "--split",
                        "blank",
                        "--tokenizer",
                        folder.resolve("tok"),
                        "--shape",
                        "tiny",
                        "--steps",
                        6,
                        "--sequence",
                        32,
                        "--batch",
                        2,
                        "--eval-every",
                        3,
                        "--out",
                        folder.resolve("own")))
                .as(err)
                .isZero();
    }

    @Test
    void aPretrainedModelIsAModelForEveryOtherCommand() throws IOException {
        Path run = folder.resolve("own");
        assertThat(out).contains("held-out perplexity", "(unigram)", "jemma generate -m");
        assertThat(err)
                .contains("plan: ", "data: kept ", "truncated 0, dropped 0", "before the first step: held-out loss");
        assertThat(Files.readString(run.resolve("report.html"))).contains("<svg", "held out", "<polyline");
        assertThat(ImageIO.read(run.resolve("report.png").toFile()).getWidth()).isEqualTo(1280);
        assertThat(Files.readString(run.resolve("config.yaml"))).contains("command: pretrain");
        assertThat(jemma("generate", "-m", run.resolve("model"), "worda", "--max-tokens", 4))
                .as(err)
                .isZero();
        assertThat(jemma("inspect", run.resolve("model"))).as(err).isZero();
    }

    @Test
    void anAdapterIsTrainedBesideAQuantizedModelAndServesIt() throws IOException {
        Path gguf = folder.resolve("own.gguf");
        Path small = folder.resolve("own-q8_0.gguf");
        assertThat(jemma("convert", folder.resolve("own/model"), gguf)).as(err).isZero();
        assertThat(jemma("quantize", gguf, small, "--type", "Q8_0")).as(err).isZero();
        Path run = folder.resolve("tuned");
        assertThat(jemma(
                        "finetune",
                        chats(),
                        "-m",
                        small,
                        "--steps",
                        8,
                        "--lr",
                        "1e-2",
                        "--sequence",
                        64,
                        "--out",
                        run,
                        "--eval-split",
                        "0.2"))
                .as(err)
                .isZero();
        assertThat(out).contains("held-out loss", "adapter: ");
        String[] losses = out.lines()
                .filter(l -> l.startsWith("held-out loss"))
                .findFirst()
                .orElseThrow()
                .split(" ");
        assertThat(Double.parseDouble(losses[4])).isLessThan(Double.parseDouble(losses[2]));
        assertThat(Files.readString(run.resolve("report.html"))).contains("Before and after");
        assertThat(jemma("generate", "-m", small, "worda", "--max-tokens", 4, "--adapter", run.resolve("adapter")))
                .as(err)
                .isZero();
    }

    @Test
    void aRunGoesOnFromItsLastCheckpointWithTheSameBits() throws IOException {
        Path run = folder.resolve("tuned");
        Path model = folder.resolve("own/model");
        assertThat(jemma(
                        "finetune",
                        chats(),
                        "-m",
                        model,
                        "--full",
                        "--steps",
                        6,
                        "--sequence",
                        64,
                        "--save-every",
                        2,
                        "--eval-every",
                        3,
                        "--out",
                        run))
                .as(err)
                .isZero();
        byte[] weights = Files.readAllBytes(run.resolve("model/model.safetensors"));
        delete(run.resolve("model"));
        List<Path> checkpoints;
        try (Stream<Path> all = Files.list(run.resolve("checkpoints"))) {
            checkpoints = all.sorted(Comparator.reverseOrder()).toList();
        }
        assertThat(checkpoints).hasSizeGreaterThan(1);
        delete(checkpoints.getFirst());
        assertThat(jemma("finetune", "--resume", run)).as(err).isZero();
        assertThat(err).contains("going on after step");
        assertThat(Files.readAllBytes(run.resolve("model/model.safetensors"))).isEqualTo(weights);
    }

    @Test
    void whatMakesNoSenseIsToldBeforeAnyWork() throws IOException {
        assertThat(jemma("finetune")).isEqualTo(2);
        assertThat(err).contains("name the data");
        assertThat(jemma("finetune", chats(), "--steps", 3, "--epochs", 1)).isEqualTo(2);
        assertThat(err).contains("--steps and --epochs");
        assertThat(jemma("finetune", chats(), "--optimizer", "sgd")).isEqualTo(2);
        assertThat(err).contains("adamw or adafactor");
        assertThat(jemma("pretrain", text())).isEqualTo(2);
        assertThat(err).contains("train-tokenizer");
        assertThat(jemma("pretrain", "--resume", folder)).isEqualTo(1);
        assertThat(err).contains("no folder of a run");
        assertThat(jemma("finetune", "--resume", folder.resolve("own"))).isEqualTo(2);
        assertThat(err).contains("jemma pretrain --resume");
    }

    @Test
    void aPlanCountsWhatIsTrained() {
        assertThat(jemma("plan", folder.resolve("own/model"), "--full")).as(err).isZero();
        assertThat(out).contains("trained numbers", "memory in all", "tokens/s");
    }

    private static void delete(Path path) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(path)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path p : all) {
            Files.delete(p);
        }
    }
}
