package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Attention of one query head over the keys of its sequence, in the order that every provider keeps: tiles of
 * {@link #TILE} keys at absolute multiples; in a tile the scores, their maximum, the correction of what was summed so
 * far, then the keys ascending. The sum of the weights runs in 16 lanes, lane i taking positions i, i + 16, …
 */
final class ScalarAttention {
    /** Keys between two corrections of the running maximum. */
    static final int TILE = 64;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final AttentionShape shape;
    private final KvBlocks blocks;
    private final Span span;
    private final long headBytes;
    private final float[] scores = new float[TILE];
    private final float[] sums = new float[Lanes.COUNT];
    private final float[] values;
    private float max = Float.NEGATIVE_INFINITY;

    ScalarAttention(AttentionShape shape, KvBlocks blocks, Span span) {
        this.shape = shape;
        this.blocks = blocks;
        this.span = span;
        headBytes = blocks.type().headBytes(shape.headDim());
        values = new float[shape.headDim()];
    }

    /** Query head {@code head} of row {@code row} of the span; call once. */
    void head(int row, int head, Tensor q, Tensor out) {
        int position = span.firstPosition() + row;
        int first = shape.firstKey(position);
        int end = shape.endKey(position, span.length());
        int kvHead = head / (shape.heads() / shape.kvHeads());
        long at = q.offset(span.firstRow() + row, head * shape.headDim());
        for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
            int from = Math.max(first, tile);
            int to = Math.min(end, tile + TILE);
            float top = max;
            for (int j = from; j < to; j++) {
                scores[j - tile] = score(q, at, kvHead, j);
                top = Math.max(top, scores[j - tile]);
            }
            correct(FloatMath.exp(max - top));
            max = top;
            for (int j = from; j < to; j++) {
                float weight = FloatMath.exp(scores[j - tile] - top);
                sums[j % Lanes.COUNT] += weight;
                addValue(weight, kvHead, j);
            }
        }
        float sum = Lanes.sum(sums);
        for (int d = 0; d < values.length; d++) {
            out.data().set(FLOAT, at + 4L * d, values[d] / sum);
        }
    }

    private float score(Tensor q, long at, int kvHead, int j) {
        int block = span.blockTable()[j / KvBlocks.TOKENS];
        MemorySegment slab = blocks.slab(block);
        long keys = blocks.keys(block) + kvHead * headBytes;
        float dot = 0f;
        for (int d = 0; d < values.length; d++) {
            float key = KvElements.key(blocks.type(), slab, keys, values.length, j % KvBlocks.TOKENS, d);
            dot = Math.fma(q.data().get(FLOAT, at + 4L * d), key, dot);
        }
        float score = dot * shape.scale();
        return shape.softcap() == 0f ? score : shape.softcap() * FloatMath.tanh(score / shape.softcap());
    }

    private void correct(float factor) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] *= factor;
        }
        for (int d = 0; d < values.length; d++) {
            values[d] *= factor;
        }
    }

    private void addValue(float weight, int kvHead, int j) {
        int block = span.blockTable()[j / KvBlocks.TOKENS];
        MemorySegment slab = blocks.slab(block);
        long head = blocks.values(block) + kvHead * headBytes;
        for (int d = 0; d < values.length; d++) {
            float value = KvElements.value(blocks.type(), slab, head, values.length, j % KvBlocks.TOKENS, d);
            values[d] = Math.fma(weight, value, values[d]);
        }
    }
}
