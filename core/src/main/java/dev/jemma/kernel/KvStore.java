package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Copies new keys and values into their blocks (layout: {@link KvBlocks}); the same for every provider. */
final class KvStore {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private KvStore() {}

    static void store(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        Shapes.keysAndValues(shape, spans, k, v);
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            Split.rows(workers, span.rows(), 2 * k.cols(), (from, to) -> {
                for (int row = from; row < to; row++) {
                    position(shape, blocks, span, row, k, v);
                }
            });
        }
    }

    private static void position(AttentionShape shape, KvBlocks blocks, Span span, int row, Tensor k, Tensor v) {
        int position = span.firstPosition() + row;
        int block = span.blockTable()[position / KvBlocks.TOKENS];
        int lane = position % KvBlocks.TOKENS;
        int headDim = shape.headDim();
        MemorySegment slab = blocks.slab(block);
        for (int h = 0; h < shape.kvHeads(); h++) {
            long from = k.offset(span.firstRow() + row, h * headDim);
            long head = 4L * h * headDim * KvBlocks.TOKENS;
            long keys = blocks.keys(block) + head + 4L * lane;
            for (int d = 0; d < headDim; d++) {
                slab.set(FLOAT, keys + 4L * KvBlocks.TOKENS * d, k.data().get(FLOAT, from + 4L * d));
            }
            MemorySegment.copy(v.data(), from, slab, blocks.values(block) + head + 4L * headDim * lane, 4L * headDim);
        }
    }
}
