package dev.jemma.infer;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;

/**
 * About how much memory a model takes when one sequence fills the context, known from headers alone.
 *
 * @param context tokens of the sequence
 * @param weightBytes the weights, repacked without loss
 * @param kvBytes keys and values
 * @param scratchBytes activations of one forward pass
 */
public record MemoryNeed(int context, long weightBytes, long kvBytes, long scratchBytes) {
    private static final int REGIONS = 2; // scratch memory is used in turn, layer by layer
    private static final int LOGIT_ROWS = 16;

    /** What a model needs for a context, with chunks of {@code batchRows} tokens and keys and values of a type. */
    public static MemoryNeed of(ModelFiles files, int context, int batchRows, KvType type) {
        GemmaConfig config = files.config();
        long floats = 0;
        for (LayerConfig layer : config.layers()) {
            floats = Math.max(floats, floatsPerRow(config, layer));
        }
        long rows = Math.min(context, batchRows);
        long logits = (long) LOGIT_ROWS * config.vocabularySize();
        return new MemoryNeed(
                context,
                ModelLoader.bytesToRead(files),
                kvBytes(config, context, batchRows, type),
                Float.BYTES * (REGIONS * rows * floats + logits));
    }

    /** Weights, keys and values, and scratch together. */
    public long totalBytes() {
        return weightBytes + kvBytes + scratchBytes;
    }

    /** Whole blocks of one sequence while a chunk is being computed: layers with a window keep that and the chunk. */
    private static long kvBytes(GemmaConfig config, int tokens, int batchRows, KvType type) {
        long bytes = 0;
        for (LayerConfig layer : config.layers()) {
            AttentionShape a = layer.attention();
            long blocks = Math.ceilDiv(tokens, KvBlocks.TOKENS);
            if (!layer.global()) {
                blocks = Math.min(blocks, Math.ceilDiv((long) a.window() + batchRows, KvBlocks.TOKENS) + 1L);
            }
            bytes += 2L * a.kvHeads() * type.headBytes(a.headDim()) * blocks;
        }
        return bytes;
    }

    /** Everything that a layer computes for one token: norms, q, k, v, attention, gate, up and the sums. */
    private static long floatsPerRow(GemmaConfig config, LayerConfig layer) {
        long headDim = layer.attention().headDim();
        long q = layer.attention().heads() * headDim;
        long kv = layer.attention().kvHeads() * headDim;
        int ofWidthD = config.architecture().postNorms() ? 8 : 6;
        int headNorms = config.architecture().qkNorm() ? 1 : 0;
        return (long) ofWidthD * config.hiddenSize()
                + (2 + headNorms) * q
                + (2 + headNorms) * kv
                + 2L * layer.feedForwardSize();
    }
}
