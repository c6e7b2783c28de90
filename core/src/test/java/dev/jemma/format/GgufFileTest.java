package dev.jemma.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    @TempDir
    Path temp;

    @Test
    void theHeaderOfAGoldenFileIsReadInFull() {
        try (GgufFile file = GgufFile.open(Golden.path("models/gguf/gemma2-F32.gguf"))) {
            assertThat(file.version()).isEqualTo(3);
            assertThat(file.architecture()).isEqualTo("gemma2");
            assertThat(file.metadata().integer("gemma2.embedding_length")).hasValue(72);
            assertThat(file.metadata().real("gemma2.attn_logit_softcapping")).hasValue(50);
            assertThat(file.metadata().bool("tokenizer.ggml.add_bos_token")).contains(true);
            assertThat(file.metadata().strings("tokenizer.ggml.tokens").orElseThrow())
                    .hasSize(512)
                    .startsWith("<pad>", "<eos>", "<bos>");
            assertThat(file.metadata().floats("tokenizer.ggml.scores").orElseThrow())
                    .hasSize(512);
            assertThat(file.metadata().ints("tokenizer.ggml.token_type").orElseThrow())
                    .startsWith(3, 3, 3, 2);
            assertThat(file.metadata().string("no.such.key")).isEmpty();
            assertThat(file.tensors()).hasSize(46);
            TensorInfo embedding = file.find("token_embd.weight").orElseThrow();
            assertThat(embedding.shape()).containsExactly(512L, 72L);
            assertThat(embedding.type()).isEqualTo(DType.F32);
        }
    }

    @Test
    void aKeyOfAnotherTypeIsNamedInTheError() {
        try (GgufFile file = GgufFile.open(Golden.path("models/gguf/gemma2-F32.gguf"))) {
            assertThatThrownBy(() -> file.metadata().integer("general.name"))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("general.name")
                    .hasMessageContaining("tiny-gemma2");
        }
    }

    @Test
    void weightsEqualThoseOfTheSafetensorsOfTheSameModel() {
        try (GgufFile gguf = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"));
                HfFolder hf = HfFolder.open(Golden.path("models/gemma3"))) {
            for (List<String> pair : List.of(
                    List.of("token_embd.weight", "model.embed_tokens.weight"),
                    List.of("blk.3.ffn_down.weight", "model.layers.3.mlp.down_proj.weight"))) {
                assertThat(floats(gguf, pair.getFirst())).isEqualTo(floats(hf.tensors(), pair.getLast()));
            }
        }
    }

    @Test
    void aPartOfATensorCanBeRead() {
        try (GgufFile file = GgufFile.open(Golden.path("models/gguf/gemma3-Q8_0.gguf"))) {
            TensorInfo info = file.find("blk.1.attn_q.weight").orElseThrow();
            byte[] whole = new byte[(int) info.byteSize()];
            file.read(info, 0, MemorySegment.ofArray(whole));
            byte[] row = new byte[34];
            file.read(info, 3 * 34, MemorySegment.ofArray(row));
            assertThat(row).isEqualTo(Arrays.copyOfRange(whole, 102, 136));
            assertThatThrownBy(() -> file.read(info, info.byteSize() - 1, MemorySegment.ofArray(row)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void versionTwoIsReadAsVersionThreeIs() throws IOException {
        byte[] bytes = Golden.bytes("models/gguf/gemma1-mqa-F32.gguf");
        bytes[4] = 2;
        try (GgufFile two = GgufFile.open(Files.write(temp.resolve("two.gguf"), bytes));
                GgufFile three = GgufFile.open(Golden.path("models/gguf/gemma1-mqa-F32.gguf"))) {
            assertThat(two.version()).isEqualTo(2);
            assertThat(two.tensors()).isEqualTo(three.tensors());
            assertThat(floats(two, "output_norm.weight")).isEqualTo(floats(three, "output_norm.weight"));
        }
    }

    @Test
    void dataFollowTheAlignmentThatTheFileStates() {
        List<TensorInfo> tensors =
                List.of(new TensorInfo("a", DType.F32, List.of(1L), 4), new TensorInfo("b", DType.F32, List.of(1L), 4));
        Path path = temp.resolve("a.gguf");
        GgufMetadata head =
                GgufMetadata.builder("a").u32("general.alignment", 128).build();
        try (GgufWriter writer = GgufWriter.create(path, head, tensors)) {
            writer.write(MemorySegment.ofArray(new byte[] {0, 0, (byte) 0x80, 0x3f}));
            writer.write(MemorySegment.ofArray(new byte[] {0, 0, 0, 0x40}));
            writer.finish();
        }
        try (GgufFile file = GgufFile.open(path)) {
            assertThat(floats(file, "a")).containsExactly(1);
            assertThat(floats(file, "b")).containsExactly(2);
            assertThat(file.byteSize() % 128).isZero();
        }
    }

    @Test
    void manyThreadsReadAtOnce() {
        try (GgufFile file = GgufFile.open(Golden.path("models/gguf/gemma3-F32.gguf"))) {
            List<String> names = file.tensors().stream().map(TensorInfo::name).toList();
            List<float[]> alone = names.stream().map(name -> floats(file, name)).toList();
            IntStream.range(0, 4 * names.size())
                    .parallel()
                    .forEach(i -> assertThat(floats(file, names.get(i % names.size())))
                            .isEqualTo(alone.get(i % names.size())));
        }
    }

    static float[] floats(TensorFile file, String name) {
        TensorInfo info = file.find(name).orElseThrow();
        byte[] bytes = new byte[(int) info.byteSize()];
        file.read(info, 0, MemorySegment.ofArray(bytes));
        return Quants.decode(info.type(), bytes);
    }
}
