package dev.jemma.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.format.GgufFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.infer.TokenizerLoader;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.GgufConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RandomModelTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "gemma-2b, 2506172416",
        "gemma-7b, 8537680896",
        "gemma2-2b, 2614341888",
        "gemma2-9b, 9241705984",
        "gemma3-270m, 268098176",
        "gemma3-1b, 999885952",
        "gemma3-4b, 3880263168"
    })
    void shapesHaveThePublishedNumberOfParameters(String label, long parameters) {
        GemmaConfig config = ModelShape.of(label).config();

        assertThat(config.embeddingParameters() + config.nonEmbeddingParameters())
                .isEqualTo(parameters);
    }

    @ParameterizedTest
    @EnumSource(
            value = Quantization.class,
            names = {"Q4_0", "Q4_K_M", "Q8_0", "BF16", "F32"})
    void filesReadBackAsTheShapeWithWeightsOfTheUsualSize(Quantization quantization) {
        Path path = folder.resolve("random.gguf");

        RandomModel.write(path, ModelShape.TINY, quantization, 1, Progress.NONE);

        try (GgufFile file = GgufFile.open(path)) {
            assertThat(GgufConfig.read(file).layers())
                    .isEqualTo(ModelShape.TINY.config().layers());
            assertThat(file.tensors().stream().mapToLong(TensorInfo::byteSize).sum())
                    .isEqualTo(RandomModel.bytes(ModelShape.TINY, quantization));
            TensorInfo embedding = file.find("token_embd.weight").orElseThrow();
            assertThat(embedding.type()).isEqualTo(quantization == Quantization.Q4_0 ? DType.Q6_K : embedding.type());
            byte[] bytes = new byte[Math.toIntExact(embedding.byteSize())];
            file.read(embedding, 0, MemorySegment.ofArray(bytes));
            double squares = 0;
            float[] values = Quants.decode(embedding.type(), bytes);
            for (float value : values) {
                squares += value * value;
            }
            assertThat(Math.sqrt(squares / values.length)).isCloseTo(0.02, within(0.001));
        }
        try (ModelFiles files = ModelFiles.open(path)) {
            Tokenizer tokenizer = TokenizerLoader.load(files);
            assertThat(tokenizer.vocabularySize()).isEqualTo(512);
            assertThat(tokenizer.special().bos()).isEqualTo(2);
        }
    }

    @Test
    void theSameSeedWritesTheSameFile() throws IOException {
        Path one = folder.resolve("one.gguf");
        Path two = folder.resolve("two.gguf");
        Path other = folder.resolve("other.gguf");

        RandomModel.write(one, ModelShape.TINY, Quantization.Q4_0, 1, Progress.NONE);
        RandomModel.write(two, ModelShape.TINY, Quantization.Q4_0, 1, Progress.NONE);
        RandomModel.write(other, ModelShape.TINY, Quantization.Q4_0, 2, Progress.NONE);

        // all that differs between one and two is the path in messages, which no file holds
        assertThat(Files.mismatch(one, two)).isEqualTo(-1);
        assertThat(Files.mismatch(one, other)).isNotEqualTo(-1);
    }
}
