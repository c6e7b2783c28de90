package dev.jemma.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.train.optimizer.Schedule;
import dev.jemma.train.tape.Parameter;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of a tiny model: what they write, how they stop, and that they go on with the same bits. */
class TrainerTest {
    private static final String EMBEDDING = "model.embed_tokens.weight";

    @TempDir
    Path folder;

    /** Everything that a run leaves behind but times. */
    static TreeMap<String, String> remains(Path run) throws IOException {
        TreeMap<String, String> all = new TreeMap<>();
        try (Stream<Path> files = Files.walk(run)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = run.relativize(file).toString();
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                if (name.equals("metrics.jsonl") || name.endsWith("state.json")) {
                    text = text.replaceAll(
                            "\"(tokens_per_second|memory_bytes|metrics_bytes|checksum)\": ?[^,}\n]*", "");
                }
                all.put(name, text);
            }
        }
        return all;
    }

    private static List<Json> metrics(Path run) throws IOException {
        List<Json> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            lines.add(Json.parse(line.getBytes(StandardCharsets.UTF_8), "metrics"));
        }
        return lines;
    }

    private static List<Double> losses(Path run) throws IOException {
        return metrics(run).stream()
                .filter(line -> line.has("loss"))
                .map(line -> line.get("loss").asDouble())
                .toList();
    }

    private Trainer.Outcome train(Path run, long steps, int threads) {
        try (TinyRun tiny = new TinyRun(run, threads, TinyRun.options(steps), TrainObserver.NONE)) {
            return tiny.run();
        }
    }

    @Test
    void aRunLearnsAndLeavesAFolderBehind() throws IOException {
        TrainObserver poet = new TrainObserver() {
            @Override
            public Optional<String> sample(long step) {
                return Optional.of("after " + step);
            }
        };
        try (TinyRun tiny = new TinyRun(folder, 2, TinyRun.options(40), poet)) {
            double before = tiny.trainer.heldOutLoss(tiny.heldOut);
            assertThat(tiny.run()).isEqualTo(Trainer.Outcome.FINISHED);
            assertThat(tiny.trainer.heldOutLoss(tiny.heldOut)).isLessThan(0.7 * before);
        }
        assertThat(losses(folder)).hasSize(40);
        assertThat(Files.readString(folder.resolve("config.yaml")))
                .contains("steps: 40", "learning_rate:\n  shape: cosine", "name: adamw", "model: tiny");
        assertThat(Files.readString(folder.resolve("samples/step-00000040.txt")))
                .isEqualTo("after 40");
        Checkpoints checkpoints = new Checkpoints(folder.resolve("checkpoints"));
        Json state = checkpoints.newest(TrainObserver.NONE).orElseThrow().state();
        long best = state.get("best_step").asLong();
        assertThat(checkpoints.steps()).startsWith(40L, 36L).contains(best).hasSizeLessThanOrEqualTo(3);
        long looks = metrics(folder).stream()
                .filter(line -> line.has("held_out_loss"))
                .count();
        assertThat(looks).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void threadsDoNotShowInARun(int threads) throws IOException {
        Path one = folder.resolve("one");
        Path many = folder.resolve("many");
        train(one, 9, 1);
        train(many, 9, threads);
        assertThat(remains(many)).isEqualTo(remains(one));
    }

    @Test
    void aRunThatWasStoppedGoesOnWithTheSameBits() throws IOException {
        Path whole = folder.resolve("whole");
        Path pieces = folder.resolve("pieces");
        train(whole, 20, 2);
        Trainer.Outcome outcome;
        int parts = 0;
        do {
            Trainer[] trainer = new Trainer[1];
            TrainObserver stopper = new TrainObserver() {
                @Override
                public void stepped(Progress progress) {
                    if (progress.step() % 3 == 0) {
                        trainer[0].requestStop();
                    }
                }
            };
            try (TinyRun tiny = new TinyRun(pieces, 2, TinyRun.options(20), stopper)) {
                trainer[0] = tiny.trainer;
                outcome = tiny.run();
            }
            parts++;
        } while (outcome == Trainer.Outcome.STOPPED);
        assertThat(parts).isEqualTo(7);
        assertThat(losses(pieces)).isEqualTo(losses(whole));
        String last = "checkpoints/step-00000020/";
        for (String file : List.of("weights.safetensors", "optimizer.safetensors")) {
            assertThat(Files.readAllBytes(pieces.resolve(last + file)))
                    .as(file)
                    .isEqualTo(Files.readAllBytes(whole.resolve(last + file)));
        }
    }

    @Test
    void linesAfterTheCheckpointAreCutAndADamagedCheckpointIsPassedOver() throws IOException {
        Path whole = folder.resolve("whole");
        Path damaged = folder.resolve("damaged");
        train(whole, 12, 2);
        train(damaged, 12, 2);
        Path weights = damaged.resolve("checkpoints/step-00000012/weights.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length / 2] ^= 1;
        Files.write(weights, bytes);
        List<String> notes = new ArrayList<>();
        TrainObserver listener = new TrainObserver() {
            @Override
            public void note(String line) {
                notes.add(line);
            }
        };
        try (TinyRun tiny = new TinyRun(damaged, 2, TinyRun.options(12), listener)) {
            tiny.run();
        }
        assertThat(notes).anyMatch(note -> note.contains("step 12") && note.contains("damaged"));
        assertThat(notes).anyMatch(note -> note.startsWith("going on after step"));
        assertThat(losses(damaged)).isEqualTo(losses(whole));
        assertThat(Files.readAllBytes(weights))
                .isEqualTo(Files.readAllBytes(whole.resolve("checkpoints/step-00000012/weights.safetensors")));
    }

    @Test
    void aLossThatIsNoNumberStopsTheRunAndNamesTheLastGoodState() {
        TinyRun[] run = new TinyRun[1];
        TrainObserver saboteur = new TrainObserver() {
            @Override
            public void stepped(Progress progress) {
                if (progress.step() == 6) {
                    Parameter embedding = run[0].parameters.named(EMBEDDING).orElseThrow();
                    embedding.values().set(ValueLayout.JAVA_FLOAT, 0, Float.NaN);
                }
            }
        };
        try (TinyRun tiny = new TinyRun(folder, 2, TinyRun.options(12).withRhythm(0, 0, 4, 2), saboteur)) {
            run[0] = tiny;
            assertThatThrownBy(tiny::run)
                    .isInstanceOf(TrainException.class)
                    .hasMessageStartingWith("step 7: the loss is NaN")
                    .hasMessageContaining("step-00000004");
        }
    }

    @Test
    void aJumpOfTheLossIsSkipped() throws IOException {
        TinyRun[] run = new TinyRun[1];
        List<float[]> embeddings = new ArrayList<>();
        TrainObserver saboteur = new TrainObserver() {
            @Override
            public void stepped(Progress progress) {
                Parameter norm = run[0].parameters.named("model.norm.weight").orElseThrow();
                if (progress.step() == 6 || progress.step() == 7) { // a factor of 60, and back
                    for (int i = 0; i < norm.cols(); i++) {
                        float w = norm.values().get(ValueLayout.JAVA_FLOAT, 4L * i);
                        float changed = progress.step() == 6 ? 60 * (1 + w) - 1 : (1 + w) / 60 - 1;
                        norm.values().set(ValueLayout.JAVA_FLOAT, 4L * i, changed);
                    }
                    norm.refresh();
                }
                embeddings.add(run[0].values(EMBEDDING));
            }
        };
        TrainOptions options = TinyRun.options(9).withLoss(1, 0, 0, 3);
        try (TinyRun tiny = new TinyRun(folder, 2, options, saboteur)) {
            run[0] = tiny;
            tiny.run();
        }
        assertThat(embeddings.get(6)).isEqualTo(embeddings.get(5));
        assertThat(embeddings.get(7)).isNotEqualTo(embeddings.get(6));
        assertThat(metrics(folder).stream()
                        .filter(line -> line.has("skipped"))
                        .map(line -> line.get("step").asLong()))
                .containsExactly(7L);
    }

    @Test
    void aRunEndsWhenTheHeldOutLossIsNoBetterForLongEnough() {
        Schedule still = Schedule.constant(0, 50);
        TrainOptions options = TrainOptions.of(still).withRhythm(2, 3, 0, 1);
        try (TinyRun tiny = new TinyRun(folder, 2, options, TrainObserver.NONE)) {
            assertThat(tiny.run()).isEqualTo(Trainer.Outcome.NO_BETTER);
        }
        assertThat(new Checkpoints(folder.resolve("checkpoints")).steps()).containsExactly(8L, 2L);
    }

    @Test
    void aRunEndsWithItsData() throws IOException {
        try (TinyRun tiny = new TinyRun(folder, 2, TinyRun.options(30), TrainObserver.NONE)) {
            TinyRun.Source five = new TinyRun.Source(40, 5);
            assertThat(tiny.trainer.run(five, List.of(), java.util.Map.of())).isEqualTo(Trainer.Outcome.FINISHED);
        }
        assertThat(losses(folder)).hasSize(3); // two batches a step
    }

    @Test
    void aBatchWithoutATargetIsAnError() {
        try (TinyRun tiny = new TinyRun(folder, 2, TinyRun.options(5), TrainObserver.NONE)) {
            dev.jemma.data.BatchSource empty = new dev.jemma.data.BatchSource() {
                @Override
                public boolean hasNext() {
                    return true;
                }

                @Override
                public PackedBatch next() {
                    return new PackedBatch(
                            new int[] {1, 2}, new int[] {-1, -1}, List.of(new PackedBatch.Document(0, 2)));
                }

                @Override
                public dev.jemma.data.Cursor cursor() {
                    return tiny.source.cursor();
                }

                @Override
                public void seek(dev.jemma.data.Cursor cursor) {}
            };
            assertThatThrownBy(() -> tiny.trainer.run(empty, List.of(), java.util.Map.of()))
                    .isInstanceOf(TrainException.class)
                    .hasMessageContaining("none to learn from")
                    .hasMessageContaining("No checkpoint was written yet");
        }
    }

    @Test
    void otherOptionsInTheSameFolderAreRefused() {
        train(folder, 4, 1);
        assertThatThrownBy(() -> train(folder, 5, 1))
                .isInstanceOf(TrainException.class)
                .hasMessageContaining("steps = 4, not 5");
    }

    @Test
    void aCheckpointThatCannotBeWrittenStopsTheRunWithTheLastGoodState() {
        TrainObserver saboteur = new TrainObserver() {
            @Override
            public void stepped(Progress progress) {
                if (progress.step() == 7) { // something lies where the next checkpoint's file has to go
                    Path blocked = folder.resolve("checkpoints/step-00000008");
                    try {
                        Files.writeString(blocked, "in the way");
                        Files.writeString(folder.resolve("checkpoints/.removed-step-00000008.partial"), "too");
                        Files.delete(folder.resolve("checkpoints/.removed-step-00000008.partial"));
                        Files.createDirectories(folder.resolve("checkpoints/.removed-step-00000008.partial/full"));
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            }
        };
        try (TinyRun tiny = new TinyRun(folder, 2, TinyRun.options(12).withRhythm(0, 0, 4, 2), saboteur)) {
            assertThatThrownBy(tiny::run)
                    .isInstanceOf(TrainException.class)
                    .hasMessageContaining("step 8")
                    .hasMessageContaining("The last good state is")
                    .hasMessageContaining("step-00000004");
        }
    }
}
