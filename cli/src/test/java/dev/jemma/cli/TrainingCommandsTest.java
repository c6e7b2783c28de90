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
    void aRunGoesOnFromAnyFolderAndSaysWhichDataIsGone() throws IOException {
        Path run = folder.resolve("tuned");
        Path chats = chats();
        List<Object> words =
                List.of("finetune", chats, "-m", folder.resolve("own/model"), "--steps", 4, "--sequence", 64);
        assertThat(jemma(Stream.concat(words.stream(), Stream.of("--out", run, "--save-every", 2))
                        .toArray()))
                .as(err)
                .isZero();
        byte[] adapter = Files.readAllBytes(run.resolve("adapter/adapter_model.safetensors"));
        // as if it had been started in the folder, with words relative to it
        Path call = run.resolve("command.json");
        Files.writeString(
                call,
                Files.readString(call)
                        .replace(folder + "/", "")
                        .replace("\"" + Path.of("").toAbsolutePath() + "\"", "\"" + folder.toAbsolutePath() + "\""));
        assertThat(Files.readString(call)).contains("\"chats.jsonl\"", "\"own/model\"");
        delete(run.resolve("checkpoints/step-00000004"));
        delete(run.resolve("adapter"));
        assertThat(jemma("finetune", "--resume", run)).as(err).isZero();
        assertThat(err).contains("going on after step ");
        assertThat(Files.readAllBytes(run.resolve("adapter/adapter_model.safetensors")))
                .isEqualTo(adapter);
        Files.move(chats, folder.resolve("elsewhere.jsonl"));
        assertThat(jemma("finetune", "--resume", run)).isEqualTo(1);
        assertThat(err).contains("chats.jsonl: no such file", "put it back, or a link");
        assertThat(jemma("finetune", "--resume", run, "--steps", 9)).isEqualTo(2);
        assertThat(err).contains("leave out --steps 9");
    }

    @Test
    void aModelIsThereAtEveryCheckpointTheBestAndTheNewest() throws IOException {
        Path model = folder.resolve("rising/model");
        // a rate that makes every step worse, so that the best one is the first that is looked at
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
                        4,
                        "--lr",
                        5,
                        "--warmup",
                        1,
                        "--schedule",
                        "constant",
                        "--clip",
                        0,
                        "--sequence",
                        32,
                        "--batch",
                        2,
                        "--eval-every",
                        1,
                        "--out",
                        folder.resolve("rising")))
                .as(err)
                .isZero();
        assertThat(err).contains("taking the weights of step 1");
        byte[] best = Files.readAllBytes(model.resolve("model.safetensors"));
        byte[] last = Files.readAllBytes(folder.resolve("rising/model-last/model.safetensors"));
        assertThat(last).isNotEqualTo(best);
        assertThat(jemma("generate", "-m", folder.resolve("rising/model-last"), "worda", "--max-tokens", 2))
                .as(err)
                .isZero();
        Path exported = folder.resolve("exported");
        assertThat(jemma("export", folder.resolve("rising"), exported, "--checkpoint", "last"))
                .as(err)
                .isZero();
        assertThat(folder.resolve("own/model-last")).doesNotExist();
    }

    @Test
    void missingDataAndABadTokenizerAreToldBeforeTheModelIsLookedFor() throws IOException {
        // the model is none either, and would be the next to be told
        assertThat(jemma("finetune", folder.resolve("none.jsonl"), "-m", folder.resolve("no-model")))
                .isEqualTo(1);
        assertThat(err).contains("none.jsonl: no such file").doesNotContain("no-model");
        assertThat(jemma("finetune", chats(), "--eval-data", folder.resolve("none.txt"), "-m", "no-model"))
                .isEqualTo(1);
        assertThat(err).contains("none.txt: no such file");
        assertThat(jemma("pretrain", folder.resolve("none.txt"), "--tokenizer", folder.resolve("no-tokenizer")))
                .isEqualTo(1);
        assertThat(err).contains("none.txt: no such file");
        assertThat(jemma("pretrain", text(), "--tokenizer", folder)).isEqualTo(1);
        assertThat(err).doesNotContain("plan: ");
        assertThat(jemma("finetune", chats(), "--full", "--rank", 4)).isEqualTo(2);
        assertThat(err).contains("--full trains none");
        assertThat(jemma("finetune", chats(), "--early-stop", 2, "--eval-split", 0))
                .isEqualTo(2);
        assertThat(err).contains("--early-stop needs held-out data");
    }

    @Test
    void shortRunsWarmUpToo() {
        assertThat(TrainFlags.usualWarmup(1)).isZero();
        assertThat(TrainFlags.usualWarmup(2)).isEqualTo(1);
        assertThat(TrainFlags.usualWarmup(19)).isEqualTo(1);
        assertThat(TrainFlags.usualWarmup(1000)).isEqualTo(50);
    }

    @Test
    void whatAKilledProcessLeftOfAFolderIsPutRight() throws IOException {
        Path target = folder.resolve("made");
        Files.createDirectories(folder.resolve(".made.12.old"));
        Files.writeString(folder.resolve(".made.12.old/config.json"), "{}");
        Files.createDirectories(folder.resolve(".made.12.new"));
        Files.createDirectories(folder.resolve(".made.of-something-else"));
        Target.recover(target);
        assertThat(target.resolve("config.json")).isRegularFile();
        assertThat(folder.resolve(".made.12.new")).doesNotExist();
        assertThat(folder.resolve(".made.12.old")).doesNotExist();
        assertThat(folder.resolve(".made.of-something-else")).isDirectory();
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
