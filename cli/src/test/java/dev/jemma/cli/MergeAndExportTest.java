package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.adapter.Adapters;
import dev.jemma.cli.TinyModels.Outcome;
import dev.jemma.data.BatchSource;
import dev.jemma.data.Cursor;
import dev.jemma.data.PackedBatch;
import dev.jemma.format.GgufFile;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.tensor.DType;
import dev.jemma.train.RunFolder;
import dev.jemma.train.TrainObserver;
import dev.jemma.train.TrainOptions;
import dev.jemma.train.TrainedRun;
import dev.jemma.train.Trainer;
import dev.jemma.train.optimizer.Schedule;
import dev.jemma.train.tape.Parameters;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergeAndExportTest {
    @TempDir
    Path home;

    private Path base = Path.of("");
    private Path run = Path.of("");

    @BeforeEach
    void places() {
        base = TinyModels.folder(home, "gemma3");
        run = home.resolve("run");
    }

    /** The same counting again and again. */
    private static final class Counting implements BatchSource {
        private static final int ROWS = 16;
        private long next;

        @Override
        public boolean hasNext() {
            return true;
        }

        @Override
        public PackedBatch next() {
            int start = (int) (next++ % 50) + 10;
            return new PackedBatch(
                    IntStream.range(start, start + ROWS).toArray(),
                    IntStream.range(start + 1, start + ROWS + 1).toArray(),
                    List.of(new PackedBatch.Document(0, ROWS)));
        }

        @Override
        public Cursor cursor() {
            return new Cursor("counting", next, 0, 0, List.of(), List.of());
        }

        @Override
        public void seek(Cursor cursor) {
            next = cursor.batches();
        }
    }

    private void train(boolean full, Map<String, Object> notes) {
        Kernels kernels = KernelProviders.choose();
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(1);
                ModelFiles files = ModelFiles.open(base)) {
            Gemma gemma = new ModelLoader(files, kernels, workers, arena, _ -> {})
                    .asMasters()
                    .load(EmbeddingScale.AUTO);
            Adapter adapter = Adapters.fresh(
                    "run", gemma.config(), new Adapter.Scaling(2, 8, true), Adapters.ALL_MATRICES, 3, kernels, arena);
            TrainOptions options = TrainOptions.of(new Schedule(Schedule.Shape.CONSTANT, 1e-2, 0, 6, 0, 1))
                    .withRhythm(0, 0, 3, 5);
            try (Parameters parameters = full ? Parameters.full(gemma) : Parameters.adapter(gemma, adapter);
                    Trainer trainer = new Trainer(
                            RunFolder.open(run),
                            gemma,
                            parameters,
                            kernels,
                            workers,
                            options,
                            false,
                            TrainObserver.NONE)) {
                trainer.run(new Counting(), List.of(), notes);
            }
        }
    }

    private Map<String, Object> named() {
        return Map.of(TrainedRun.BASE, base.toString());
    }

    private void ok(String... args) {
        Outcome outcome = TinyModels.run(home, args);
        assertThat(outcome.code()).as(outcome.err()).isZero();
    }

    private float[] logprobs(Path model, String... flags) {
        String[] args = Stream.concat(
                        Stream.of("score", "-m", model.toString(), "--exact", "--jsonl", "-"), Stream.of(flags))
                .toArray(String[]::new);
        Outcome outcome = TinyModels.typed(home, "{\"ids\": [2, 40, 41, 42, 43, 17, 300, 301, 5]}\n", args);
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return TinyModels.floats(outcome.json().get("token_logprobs"));
    }

    @Test
    void anAdapterIsTheSameModelInEveryForm() {
        train(false, named());
        Path peft = home.resolve("peft");
        Path folder = home.resolve("hf");
        Path gguf = home.resolve("f32.gguf");
        Path merged = home.resolve("merged");

        ok("export", run.toString(), peft.toString(), "--to", "peft");
        ok("export", run.toString(), folder.toString());
        ok("export", run.toString(), gguf.toString());
        ok("merge", base.toString(), peft.toString(), merged.toString(), "--type", "F32");

        float[] beside = logprobs(base, "--adapter", peft.toString());
        assertThat(beside).isNotEqualTo(logprobs(base));
        for (Path model : List.of(folder, gguf, merged)) {
            assertThat(logprobs(model)).as(model.toString()).containsExactly(beside, within(1e-4f));
        }
        assertThat(List.of("config.json", "model.safetensors", "tokenizer.model", "tokenizer.json"))
                .allSatisfy(name -> assertThat(folder.resolve(name)).isNotEmptyFile());
        Outcome ids = TinyModels.run(home, "tokenize", "-m", folder.toString(), "one two");
        assertThat(ids.out())
                .isEqualTo(TinyModels.run(home, "tokenize", "-m", base.toString(), "one two")
                        .out());
    }

    @Test
    void aRunOverAllWeightsGoesIntoFoldersAndFilesOfAnyType() {
        train(true, named());
        Path folder = home.resolve("hf");
        Path gguf = home.resolve("q8.gguf");
        Path early = home.resolve("early");

        ok("export", run.toString(), folder.toString());
        ok("export", run.toString(), gguf.toString(), "--type", "q8_0");
        ok("export", run.toString(), early.toString(), "--type", "bf16", "--checkpoint", "3");

        assertThat(logprobs(folder)).isNotEqualTo(logprobs(base)).isNotEqualTo(logprobs(early));
        assertThat(logprobs(gguf)).containsExactly(logprobs(folder), within(0.5f));
        try (GgufFile file = GgufFile.open(gguf);
                ModelFiles files = ModelFiles.open(early)) {
            assertThat(file.find("blk.0.ffn_up.weight").orElseThrow().type()).isEqualTo(DType.Q8_0);
            assertThat(files.tensors().tensors()).allMatch(tensor -> tensor.type() == DType.BF16);
        }
        Outcome adapter =
                TinyModels.run(home, "export", run.toString(), home.resolve("p").toString(), "--to", "peft");
        assertThat(adapter.code()).isEqualTo(Jemma.MISUSED);
        assertThat(adapter.err()).contains("trained all weights");
        assertThat(home.resolve("p")).doesNotExist();
    }

    @Test
    void anAttentionScaleThatOtherReadersOfGgufFilesIgnoreIsWarnedOf() {
        String warning = "the attention scale is 18^-½, not that of the head size, 16";
        base = TinyModels.folder(home, "gemma2");
        train(true, named());

        Outcome file = TinyModels.run(
                home, "export", run.toString(), home.resolve("f.gguf").toString());
        Outcome converted = TinyModels.run(
                home, "convert", base.toString(), home.resolve("g.gguf").toString());
        Outcome folder =
                TinyModels.run(home, "export", run.toString(), home.resolve("f").toString());

        assertThat(file.err()).contains(warning);
        assertThat(converted.err()).contains(warning);
        assertThat(folder.err()).doesNotContain("attention scale");
    }

    @Test
    void anAttentionScaleThatFollowsFromTheHeadSizeIsNotMentioned() {
        train(true, named());

        Outcome file = TinyModels.run(
                home, "export", run.toString(), home.resolve("f.gguf").toString());

        assertThat(file.code()).as(file.err()).isZero();
        assertThat(file.err()).doesNotContain("attention scale");
    }

    @Test
    void theBaseIsAskedForWhereTheRunDoesNotNameIt() {
        train(false, Map.of());
        String out = home.resolve("out").toString();

        Outcome refused = TinyModels.run(home, "export", run.toString(), out);

        assertThat(refused.code()).isEqualTo(Jemma.MISUSED);
        assertThat(refused.err()).contains("--base");
        ok("export", run.toString(), out, "--base", base.toString());
    }

    @Test
    void aQuantizedBaseTakesAnAdapterAndIsWarnedOf() {
        train(false, named());
        Path gguf = home.resolve("merged.gguf");

        Outcome outcome = TinyModels.run(
                home, "merge", TinyModels.gguf("gemma3-Q4_0"), run.toString(), gguf.toString(), "--type", "Q8_0");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.err()).contains("quantized already");
        assertThat(logprobs(gguf)).isNotEqualTo(logprobs(Path.of(TinyModels.gguf("gemma3-Q4_0"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"out", "out.gguf"})
    void anAdapterOfAnotherModelIsOneLineAndNothingIsWritten(String out) throws IOException {
        train(false, named());
        Path other = TinyModels.folder(home, "gemma1-mqa");

        Outcome outcome = TinyModels.run(
                home,
                "merge",
                other.toString(),
                run.toString(),
                home.resolve(out).toString());

        assertThat(outcome.code()).isEqualTo(Jemma.FAILED);
        assertThat(outcome.err()).contains("another");
        assertThat(outcome.err().lines()).hasSize(1);
        try (Stream<Path> left = Files.list(home)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("out") || name.startsWith(".out"));
        }
    }

    @Test
    void impossibleWishesAreMisuse() {
        train(true, named());
        String out = home.resolve("out").toString();

        assertThat(TinyModels.run(home, "export", run.toString(), out, "--type", "Q4_0")
                        .err())
                .contains("GGUF");
        assertThat(TinyModels.run(home, "export", run.toString(), out, "--to", "onnx")
                        .code())
                .isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "export", run.toString(), out, "--checkpoint", "worst")
                        .code())
                .isEqualTo(Jemma.MISUSED);
        assertThat(TinyModels.run(home, "merge", base.toString(), run.toString(), out)
                        .err())
                .contains("jemma export");
        assertThat(TinyModels.run(home, "export", base.toString(), out).err())
                .contains("not the folder of a training run");
        assertThat(TinyModels.run(home, "export", run.toString(), base.toString())
                        .err())
                .contains("is the model itself");
    }
}
