package dev.jemma.kernel;

import dev.jemma.quant.Halves;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/** Rounds new keys and values and copies them into their blocks (layout: {@link KvBlocks}); the same for every provider. */
final class KvStore {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final int TOKENS = KvBlocks.TOKENS;

    /** Rows that are not worth a thread's while. */
    private static final int FEW = 4;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** A block of features on its way: as it is, and as codes behind their scale. */
    private static final class Scratch {
        final float[] features = new float[KvType.BLOCK];
        final byte[] bytes = new byte[DType.Q8_0.blockBytes()];
        final MemorySegment coded = MemorySegment.ofArray(bytes);
    }

    private KvStore() {}

    static void store(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        Shapes.keysAndValues(shape, spans, k, v);
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            if (span.rows() <= FEW) {
                rows(shape, blocks, span, 0, span.rows(), k, v);
            } else {
                Split.rows(workers, span.rows(), 2 * k.cols(), (from, to) -> rows(shape, blocks, span, from, to, k, v));
            }
        }
    }

    private static void rows(AttentionShape shape, KvBlocks blocks, Span span, int from, int to, Tensor k, Tensor v) {
        int headDim = shape.headDim();
        long headBytes = blocks.type().headBytes(headDim);
        for (int row = from; row < to; row++) {
            int position = span.firstPosition() + row;
            int block = span.blockTable()[position / TOKENS];
            int p = position % TOKENS;
            MemorySegment slab = blocks.slab(block);
            for (int h = 0; h < shape.kvHeads(); h++) {
                long at = k.offset(span.firstRow() + row, h * headDim);
                long keys = blocks.keys(block) + h * headBytes;
                long values = blocks.values(block) + h * headBytes;
                switch (blocks.type()) {
                    case F32 -> floats(headDim, p, k, v, at, slab, keys, values);
                    case BF16 -> brainHalves(headDim, p, k, v, at, slab, keys, values);
                    case Q8_0 -> {
                        codes(headDim, p, k, at, slab, keys, p, TOKENS);
                        codes(headDim, p, v, at, slab, values, p * headDim, 1);
                    }
                }
            }
        }
    }

    private static void floats(
            int headDim, int p, Tensor k, Tensor v, long at, MemorySegment slab, long keys, long values) {
        for (int d = 0; d < headDim; d++) {
            slab.set(FLOAT, keys + 4L * (TOKENS * d + p), k.data().get(FLOAT, at + 4L * d));
        }
        MemorySegment.copy(v.data(), at, slab, values + 4L * headDim * p, 4L * headDim);
    }

    private static void brainHalves(
            int headDim, int p, Tensor k, Tensor v, long at, MemorySegment slab, long keys, long values) {
        for (int d = 0; d < headDim; d++) {
            float key = k.data().get(FLOAT, at + 4L * d);
            float value = v.data().get(FLOAT, at + 4L * d);
            slab.set(SHORT, keys + 2L * (TOKENS * d + p), Halves.floatToBf16(key));
            slab.set(SHORT, values + 2L * (headDim * p + d), Halves.floatToBf16(value));
        }
    }

    /** Codes of one head and position: feature d lies at {@code first + stride·d}. */
    private static void codes(
            int headDim, int p, Tensor x, long at, MemorySegment slab, long head, int first, int stride) {
        Scratch scratch = SCRATCH.get();
        for (int from = 0; from < headDim; from += KvType.BLOCK) {
            int n = Math.min(KvType.BLOCK, headDim - from);
            MemorySegment.copy(x.data(), FLOAT, at + 4L * from, scratch.features, 0, n);
            Arrays.fill(scratch.features, n, KvType.BLOCK, 0f);
            Quants.encode(DType.Q8_0, scratch.features, 0, scratch.coded, 0, KvType.BLOCK);
            short scale = (short) ((scratch.bytes[0] & 255) | (scratch.bytes[1] << 8));
            slab.set(SHORT, head + KvType.scale(headDim, from / KvType.BLOCK, p), scale);
            for (int i = 0; i < n; i++) {
                slab.set(BYTE, head + first + (long) stride * (from + i), scratch.bytes[2 + i]);
            }
        }
    }
}
