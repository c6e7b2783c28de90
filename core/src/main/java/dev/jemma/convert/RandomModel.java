package dev.jemma.convert;

import dev.jemma.format.GgufMetadata;
import dev.jemma.format.GgufWriter;
import dev.jemma.format.TensorInfo;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Weight;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tokenizer.GgufVocabulary;
import dev.jemma.tokenizer.PieceType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Writes a GGUF file of a published shape with random weights: what speed depends on without what a download brings.
 * Weights are normal numbers encoded into the type's own blocks, so scales are those of a real model; norms are 1. A
 * pool of blocks is drawn once for each type and laid out again and again from random places, so writing runs at the
 * speed of the disk in a few MiB of memory.
 */
public final class RandomModel {
    private static final int POOL_ELEMENTS = 1 << 18; // whole blocks of every type
    private static final double DEVIATION = 0.02; // of trained weights, more or less
    private static final int QUANTIZATION_VERSION = 2;
    private static final List<String> FIRST_PIECES = List.of("<pad>", "<eos>", "<bos>", "<unk>");
    private static final int BYTES = 256;

    private final SplittableRandom random;
    private final Map<DType, byte[]> pools = new EnumMap<>(DType.class);

    private RandomModel(long seed) {
        random = new SplittableRandom(seed);
    }

    /**
     * Writes a file that any reader of GGUF takes for a model; what it generates means nothing.
     *
     * @param quantization types of the matrices, as {@code quantize} would choose them
     * @param seed the same weights again for the same seed
     * @throws dev.jemma.JemmaException if the file cannot be written
     */
    public static void write(Path target, ModelShape shape, Quantization quantization, long seed, Progress progress) {
        GemmaConfig config = shape.config();
        List<TensorInfo> tensors = tensors(config, quantization);
        GgufMetadata.Builder head = GgufMetadata.builder(target.toString());
        head.string("general.architecture", config.architecture().ggufName())
                .string("general.type", "model")
                .string("general.name", shape.label() + ", random weights");
        GgufConfigWriter.put(config, head);
        if (quantization.fileType() >= 0) {
            head.u32("general.file_type", quantization.fileType());
        }
        head.u32("general.quantization_version", QUANTIZATION_VERSION)
                .string(EmbeddingScale.KEY, EmbeddingScale.EXACT.label());
        vocabulary(config.vocabularySize()).putInto(head);
        RandomModel model = new RandomModel(seed);
        try (GgufWriter writer = GgufWriter.create(target, head.build(), tensors)) {
            for (int i = 0; i < tensors.size(); i++) {
                model.write(tensors.get(i), writer);
                progress.written(tensors.get(i).name(), i + 1, tensors.size());
            }
            writer.finish();
        }
    }

    /** Bytes of the tensors that {@link #write} writes. */
    public static long bytes(ModelShape shape, Quantization quantization) {
        return tensors(shape.config(), quantization).stream()
                .mapToLong(TensorInfo::byteSize)
                .sum();
    }

    private static List<TensorInfo> tensors(GemmaConfig config, Quantization quantization) {
        List<TensorInfo> tensors = new ArrayList<>();
        for (Weight weight : Weight.all(config)) {
            TensorInfo info = TensorInfo.of(weight.ggufName(), DType.F32, weight.shape(config));
            DType type = quantization.typeOf(info, config.layers().size());
            tensors.add(TensorInfo.of(info.name(), type, info.shape()));
        }
        return tensors;
    }

    private void write(TensorInfo tensor, GgufWriter writer) {
        if (tensor.shape().size() == 1) {
            float[] ones = new float[Math.toIntExact(tensor.elements())];
            Arrays.fill(ones, 1);
            writer.write(MemorySegment.ofArray(Quants.encode(tensor.type(), ones)));
            return;
        }
        byte[] pool = pools.computeIfAbsent(tensor.type(), this::pool);
        MemorySegment bytes = MemorySegment.ofArray(pool);
        int blockBytes = tensor.type().blockBytes();
        int blocks = pool.length / blockBytes;
        for (long left = tensor.byteSize(); left > 0; ) {
            long from = (long) random.nextInt(blocks) * blockBytes;
            long length = Math.min(left, pool.length - from);
            writer.write(bytes.asSlice(from, length));
            left -= length;
        }
    }

    private byte[] pool(DType type) {
        float[] values = new float[POOL_ELEMENTS];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (DEVIATION * random.nextGaussian());
        }
        return Quants.encode(type, values);
    }

    /** Pieces that can be told apart, the bytes among them, so that every reader accepts the tokenizer. */
    private static TokenizerData vocabulary(int size) {
        String[] tokens = new String[size];
        float[] scores = new float[size];
        int[] types = new int[size];
        for (int id = 0; id < size; id++) {
            int afterFirst = id - FIRST_PIECES.size();
            if (afterFirst < 0) {
                tokens[id] = FIRST_PIECES.get(id);
                types[id] = (id == 3 ? PieceType.UNKNOWN : PieceType.CONTROL).code();
            } else if (afterFirst < BYTES) {
                tokens[id] = String.format("<0x%02X>", afterFirst);
                types[id] = PieceType.BYTE.code();
            } else {
                tokens[id] = "\u2581" + Integer.toString(id, Character.MAX_RADIX);
                types[id] = PieceType.NORMAL.code();
                scores[id] = -id;
            }
        }
        GgufVocabulary pieces = new GgufVocabulary(List.of(tokens), scores, types);
        return new TokenizerData("llama", pieces, 2, 1, 3, 0, Optional.empty(), true, false, Optional.empty());
    }
}
