package dev.jemma.convert;

import dev.jemma.format.JsonText;
import dev.jemma.format.SafetensorsWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Matrix;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.Linear;
import dev.jemma.model.Weight;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes a model that is in memory, such as one that was just trained, as a Hugging Face folder in float32. */
public final class ModelFolder {
    private ModelFolder() {}

    /**
     * Writes {@code model.safetensors} (in shards if it is large) and {@code config.json} into an empty or new folder;
     * the tokenizer is the caller's. Ids of control tokens are those of the family: {@code <pad>} 0, {@code <eos>} 1,
     * {@code <bos>} 2.
     *
     * @throws dev.jemma.JemmaException if a file cannot be written
     */
    public static void write(Path folder, Gemma gemma) {
        List<Weight> weights = Weight.all(gemma.config()).stream()
                .sorted(Comparator.comparing(w -> name(w, gemma)))
                .toList();
        List<TensorInfo> tensors = weights.stream()
                .map(w -> TensorInfo.of(name(w, gemma), DType.F32, w.shape(gemma.config())))
                .toList();
        boolean exact = gemma.embeddingScale()
                == EmbeddingScale.EXACT.factor(gemma.config().hiddenSize());
        Map<String, String> marks = Map.of(
                "format", "pt", EmbeddingScale.KEY, (exact ? EmbeddingScale.EXACT : EmbeddingScale.BF16).label());
        try (SafetensorsWriter writer =
                        SafetensorsWriter.create(folder, tensors, marks, SafetensorsWriter.DEFAULT_SHARD_BYTES);
                Arena arena = Arena.ofConfined()) {
            for (Weight weight : weights) {
                if (weight.part().isNorm()) {
                    writer.write(norm(gemma.norm(weight), arena));
                } else {
                    rows(gemma.matrix(weight), writer);
                }
            }
            writer.finish();
        }
        // config.json comes last: with it, the folder is a model
        JsonText.write(
                folder.resolve("config.json"),
                HfConfigWriter.fields(gemma.config(), "float32", new HfConfigWriter.TokenIds(2, 1, 0)));
    }

    private static String name(Weight weight, Gemma gemma) {
        return weight.huggingFaceName(gemma.config().architecture());
    }

    /** Files hold w; the model multiplies with 1 + w. */
    private static MemorySegment norm(Tensor factors, Arena arena) {
        Tensor w = Tensor.allocate(arena, 1, factors.cols());
        for (int i = 0; i < factors.cols(); i++) {
            w.set(0, i, factors.get(0, i) - 1);
        }
        return w.data().asSlice(0, 4L * factors.cols());
    }

    private static void rows(Linear linear, SafetensorsWriter writer) {
        if (!(linear instanceof Linear.Packed(Matrix matrix))) {
            throw new IllegalArgumentException("a model in memory is made of packed matrices");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(4L * matrix.cols(), 4);
            for (int r = 0; r < matrix.rows(); r++) {
                matrix.row(r, row, 0);
                writer.write(row);
            }
        }
    }
}
