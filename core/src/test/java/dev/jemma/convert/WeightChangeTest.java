package dev.jemma.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.JemmaException;
import dev.jemma.adapter.Adapters;
import dev.jemma.format.FormatException;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Matrix;
import dev.jemma.model.Adapter;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Linear;
import dev.jemma.model.LowRank;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightChangeTest {
    private static final TestWorkers WORKERS = new TestWorkers(3);

    @TempDir
    Path temp;

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    private static float[] values(TensorFile file, String name) {
        TensorInfo info = file.find(name).orElseThrow();
        byte[] bytes = new byte[Math.toIntExact(info.byteSize())];
        file.read(info, 0, MemorySegment.ofArray(bytes));
        return Quants.decode(info.type(), bytes);
    }

    private static float[] values(Linear linear) {
        Matrix matrix = ((Linear.Packed) linear).matrix();
        float[] all = new float[matrix.rows() * matrix.cols()];
        try (Arena own = Arena.ofConfined()) {
            MemorySegment row = own.allocate(4L * matrix.cols(), 64);
            for (int r = 0; r < matrix.rows(); r++) {
                matrix.row(r, row, 0);
                MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, all, r * matrix.cols(), matrix.cols());
            }
        }
        return all;
    }

    /** An adapter on queries and down projections whose B is not zero. */
    private Adapter adapter(ModelFiles files) {
        Adapter fresh = Adapters.fresh(
                "test",
                files.config(),
                new Adapter.Scaling(3, 6, true),
                List.of(Part.QUERY, Part.DOWN),
                5,
                KernelProviders.choose(),
                arena);
        fresh.additions().values().forEach(addition -> {
            var grid = ((Linear.Packed) addition.b()).matrix().transposed().orElseThrow();
            for (int r = 0; r < addition.b().out(); r++) {
                for (int k = 0; k < 3; k++) {
                    grid.data().set(ValueLayout.JAVA_FLOAT, grid.offset(k, r), (r % 7 - 3) * 0.01f * (k + 1));
                }
            }
        });
        return fresh;
    }

    /** In double precision, what a merged matrix should be. */
    private static void assertMerged(float[] merged, float[] base, LowRank addition) {
        float[] a = values(addition.a());
        float[] b = values(addition.b());
        int rank = addition.rank();
        int in = addition.a().in();
        for (int i = 0; i < merged.length; i++) {
            double sum = 0;
            for (int k = 0; k < rank; k++) {
                sum += (double) b[i / in * rank + k] * a[k * in + i % in];
            }
            assertThat((double) merged[i]).isCloseTo(base[i] + addition.scale() * sum, within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf/gemma3-F32.gguf", "gguf/gemma3-Q4_0.gguf", "gemma3", "gemma3-bf16-sharded", "gemma2"})
    void aMergedFolderHoldsTheSumsAndEverythingElseAsItWas(String model) {
        try (ModelFiles files = ModelFiles.open(Golden.path("models/" + model))) {
            Adapter adapter = adapter(files);
            Path folder = temp.resolve("merged");
            Converter.changedToHuggingFace(
                    files,
                    new WeightChange.Merged(adapter),
                    Optional.empty(),
                    folder,
                    Optional.of(DType.F32),
                    WORKERS,
                    Progress.NONE);

            try (ModelFiles merged = ModelFiles.open(folder)) {
                assertThat(merged.config().layers()).isEqualTo(files.config().layers());
                assertThat(merged.embeddingScale()).isEqualTo(files.embeddingScale());
                for (Weight weight : Weight.all(files.config())) {
                    float[] before =
                            values(files.tensors(), files.tensor(weight).name());
                    float[] after =
                            values(merged.tensors(), merged.tensor(weight).name());
                    if (weight.part().isNorm()) {
                        float one = files.addOneToNorms() ? 0 : 1;
                        for (int i = 0; i < after.length; i++) {
                            assertThat(after[i]).isCloseTo(before[i] - one, within(1e-6f));
                        }
                    } else if (adapter.of(weight).isPresent()) {
                        assertThat(after).isNotEqualTo(before);
                        assertMerged(after, before, adapter.of(weight).get());
                    } else {
                        assertThat(after).isEqualTo(before);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gguf/gemma3-Q4_0.gguf", "gemma3-bf16-sharded"})
    void withoutATypeTensorsKeepTheirs(String model) {
        try (ModelFiles files = ModelFiles.open(Golden.path("models/" + model))) {
            Path file = temp.resolve("merged.gguf");
            Converter.changedToGguf(
                    files,
                    new WeightChange.Merged(adapter(files)),
                    Optional.empty(),
                    file,
                    Quantization.KEEP,
                    WORKERS,
                    Progress.NONE);

            try (ModelFiles merged = ModelFiles.open(file)) {
                for (Weight weight : Weight.all(files.config())) {
                    if (!weight.part().isNorm()) {
                        assertThat(merged.tensor(weight).type())
                                .isEqualTo(files.tensor(weight).type());
                    }
                }
            }
        }
    }

    @Test
    void weightsOfARunTakeThePlaceOfTheBases() {
        try (ModelFiles base = ModelFiles.open(Golden.path("models/gguf/gemma3-Q4_0.gguf"));
                SafetensorsFile trained = SafetensorsFile.open(Golden.path("models/gemma3/model.safetensors"))) {
            Path file = temp.resolve("trained.gguf");
            Converter.changedToGguf(
                    base,
                    new WeightChange.Trained(trained),
                    Optional.empty(),
                    file,
                    Quantization.F32,
                    WORKERS,
                    Progress.NONE);

            try (ModelFiles written = ModelFiles.open(file)) {
                assertThat(written.embeddingScale())
                        .isEqualTo(base.embeddingScale())
                        .isNotEqualTo(EmbeddingScale.AUTO);
                for (Weight weight : Weight.all(base.config())) {
                    float[] wanted =
                            values(trained, weight.huggingFaceName(base.config().architecture()));
                    float[] there = values(written.tensors(), weight.ggufName());
                    if (weight.part().isNorm()) {
                        for (int i = 0; i < wanted.length; i++) {
                            assertThat(there[i]).isEqualTo(1 + wanted[i]);
                        }
                    } else {
                        assertThat(there).isEqualTo(wanted);
                    }
                }
            }
        }
    }

    private void export(ModelFiles base, SafetensorsFile weights) {
        Converter.changedToHuggingFace(
                base,
                new WeightChange.Trained(weights),
                Optional.empty(),
                temp.resolve("out"),
                Optional.empty(),
                WORKERS,
                Progress.NONE);
    }

    @Test
    void weightsOfAnotherModelAreRefusedBeforeAnythingIsWritten() {
        Path lacking = temp.resolve("lacking");
        try (SafetensorsWriter writer = SafetensorsWriter.single(
                lacking, "weights", List.of(TensorInfo.of("model.norm.weight", DType.F32, List.of(1L))), Map.of())) {
            writer.write(MemorySegment.ofArray(new byte[4]));
            writer.finish();
        }
        try (ModelFiles base = ModelFiles.open(Golden.path("models/gemma3"));
                SafetensorsFile other = SafetensorsFile.open(Golden.path("models/gemma2/model.safetensors"));
                SafetensorsFile few = SafetensorsFile.open(lacking.resolve("weights.safetensors"))) {
            assertThatThrownBy(() -> export(base, other))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("from another model")
                    .hasMessageNotContaining("\n");
            assertThatThrownBy(() -> export(base, few)).hasMessageContaining("holds 1 tensors");
        }
        assertThat(Files.exists(temp.resolve("out"))).isFalse();
    }

    @Test
    void embeddingModelsAreLeftAlone() {
        try (ModelFiles base = ModelFiles.open(Golden.path("models/embeddinggemma"));
                SafetensorsFile same = SafetensorsFile.open(Golden.path("models/gemma3/model.safetensors"))) {
            assertThatThrownBy(() -> export(base, same))
                    .isInstanceOf(JemmaException.class)
                    .hasMessageContaining("embedding model");
        }
    }
}
