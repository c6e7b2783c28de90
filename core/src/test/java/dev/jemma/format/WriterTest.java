package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WriterTest {
    @TempDir
    Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mha-F32", "gemma2-F32", "gemma3-Q4_0", "gemma3-Q8_0"})
    void aGgufFileWrittenAgainHasTheSameBytes(String name) throws IOException {
        Path original = Golden.path("models/gguf/" + name + ".gguf");
        Path copy = temp.resolve("copy.gguf");
        try (GgufFile file = GgufFile.open(original);
                GgufWriter writer = GgufWriter.create(copy, file.metadata(), file.tensors())) {
            for (TensorInfo info : file.tensors()) {
                byte[] bytes = new byte[(int) info.byteSize()];
                file.read(info, 0, MemorySegment.ofArray(bytes));
                writer.write(MemorySegment.ofArray(bytes).asSlice(0, 7)); // pieces of any size
                writer.write(MemorySegment.ofArray(bytes).asSlice(7));
            }
            writer.finish();
        }
        assertThat(Files.mismatch(original, copy)).isEqualTo(-1);
        assertThat(entries()).containsExactly("copy.gguf");
    }

    @Test
    void everyMetadataTypeSurvives() {
        GgufMetadata metadata = GgufMetadata.builder("test")
                .string("s", "Grüße ▁")
                .u32("u", 4_000_000_000L)
                .f32("f", 1e-6)
                .bool("b", true)
                .strings("ss", List.of("", "a", "▁b"))
                .ints("ii", new int[] {-1, 2})
                .floats("ff", new float[] {0.5f, -2})
                .bools("bb", new boolean[] {true, false})
                .value("u64", new GgufValue.Whole(GgufType.U64, -1))
                .value("i8", new GgufValue.Whole(GgufType.I8, -3))
                .value("f64", new GgufValue.Real(GgufType.F64, Math.PI))
                .build();
        Path path = temp.resolve("m.gguf");
        try (GgufWriter writer = GgufWriter.create(path, metadata, List.of())) {
            writer.finish();
        }
        try (GgufFile file = GgufFile.open(path)) {
            GgufMetadata read = file.metadata();
            assertThat(read.keys()).containsExactlyElementsOf(metadata.keys());
            assertThat(read.string("s")).contains("Grüße ▁");
            assertThat(read.integer("u")).hasValue(4_000_000_000L);
            assertThat(read.real("f")).hasValue(1e-6f);
            assertThat(read.bool("b")).contains(true);
            assertThat(read.strings("ss").orElseThrow()).containsExactly("", "a", "▁b");
            assertThat(read.ints("ii").orElseThrow()).containsExactly(-1, 2);
            assertThat(read.floats("ff").orElseThrow()).containsExactly(0.5f, -2);
            assertThat(read.bools("bb").orElseThrow()).containsExactly(true, false);
            assertThat(read.integer("i8")).hasValue(-3);
            assertThat(read.real("f64")).hasValue(Math.PI);
            assertThatThrownBy(() -> read.integer("u64")).isInstanceOf(FormatException.class);
            assertThatThrownBy(() -> read.ints("s")).isInstanceOf(FormatException.class);
        }
    }

    @Test
    void aFileThatIsNotFinishedLeavesNothingBehind() throws IOException {
        List<TensorInfo> tensors = List.of(new TensorInfo("a", DType.F32, List.of(2L), 8));
        Files.writeString(temp.resolve("x.gguf"), "old");
        try (GgufWriter writer = GgufWriter.create(
                temp.resolve("x.gguf"), GgufMetadata.builder("x").build(), tensors)) {
            writer.write(MemorySegment.ofArray(new byte[4]));
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
        try (SafetensorsWriter writer = SafetensorsWriter.create(temp, tensors, Map.of(), 100)) {
            writer.write(MemorySegment.ofArray(new byte[4]));
        }
        assertThat(entries()).containsExactly("x.gguf");
        assertThat(temp.resolve("x.gguf")).hasContent("old");
    }

    @Test
    void aPlaceThatCannotBeWrittenIsAClearError() throws IOException {
        Path notAFolder = Files.writeString(temp.resolve("file"), "");
        assertThatThrownBy(() -> GgufWriter.create(
                        notAFolder.resolve("x.gguf"), GgufMetadata.builder("x").build(), List.of()))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("x.gguf cannot be written");
    }

    @Test
    void shardsAreCutAtTheGivenSizeAndReadBackAsOne() throws IOException {
        List<TensorInfo> tensors = List.of(
                new TensorInfo("a", DType.F32, List.of(2L, 3L), 24),
                new TensorInfo("empty", DType.F32, List.of(0L), 0),
                new TensorInfo("b", DType.BF16, List.of(5L), 10),
                new TensorInfo("c", DType.F16, List.of(), 2));
        byte[] bytes = new byte[36];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        try (SafetensorsWriter writer = SafetensorsWriter.create(temp, tensors, Map.of("k", "v"), 24)) {
            writer.write(MemorySegment.ofArray(bytes).asSlice(0, 24));
            writer.write(MemorySegment.ofArray(bytes).asSlice(24, 10));
            writer.write(MemorySegment.ofArray(bytes).asSlice(34, 2));
            writer.finish();
        }
        assertThat(entries())
                .containsExactlyInAnyOrder(
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json");
        try (SafetensorsFile file = SafetensorsFile.open(temp.resolve("model.safetensors.index.json"))) {
            assertThat(file.metadata()).containsExactly(Map.entry("k", "v"));
            assertThat(file.tensors()).containsExactlyInAnyOrderElementsOf(tensors);
            byte[] read = new byte[10];
            file.read(file.find("b").orElseThrow(), 0, MemorySegment.ofArray(read));
            assertThat(read).isEqualTo(Arrays.copyOfRange(bytes, 24, 34));
        }
    }

    @Test
    void splitPartsOpenAsOneModelFromAnyOfThem() {
        for (int part = 0; part < 3; part++) {
            GgufMetadata.Builder head = GgufMetadata.builder("part");
            if (part == 0) {
                head.string("general.architecture", "gemma");
            }
            head.value("split.no", new GgufValue.Whole(GgufType.U16, part))
                    .value("split.count", new GgufValue.Whole(GgufType.U16, 3))
                    .value("split.tensors.count", new GgufValue.Whole(GgufType.I32, 3));
            try (GgufWriter writer = GgufWriter.create(
                    temp.resolve("m-0000" + (part + 1) + "-of-00003.gguf"),
                    head.build(),
                    List.of(new TensorInfo("t" + part, DType.F32, List.of(1L), 4)))) {
                writer.write(MemorySegment.ofArray(new byte[] {0, 0, (byte) 0x80, (byte) (0x3f + part)}));
                writer.finish();
            }
        }
        for (int part = 1; part <= 3; part++) {
            try (GgufFile file = GgufFile.open(temp.resolve("m-0000" + part + "-of-00003.gguf"))) {
                assertThat(file.architecture()).isEqualTo("gemma");
                assertThat(file.tensors().stream().map(TensorInfo::name)).containsExactly("t0", "t1", "t2");
                assertThat(GgufFileTest.floats(file, "t0")).containsExactly(1);
            }
        }
        assertThat(temp.resolve("m-00002-of-00003.gguf").toFile().delete()).isTrue();
        assertThatThrownBy(() -> GgufFile.open(temp.resolve("m-00001-of-00003.gguf")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("m-00002-of-00003.gguf")
                .hasMessageContaining("no such file");
    }

    private List<String> entries() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.map(path -> path.getFileName().toString()).toList();
        }
    }
}
