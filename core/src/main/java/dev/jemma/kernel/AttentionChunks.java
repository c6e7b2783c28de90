package dev.jemma.kernel;

import java.util.List;

/**
 * How one attention is cut into chunks: a chunk is a stretch of the items of one sequence and one key/value head. Item i
 * is query head i mod group of row i / group, where a group of heads shares keys and values. Work is never cut over keys,
 * so where the cuts lie changes nothing but the time.
 */
final class AttentionChunks {
    /** Multiply-adds below which handing work to another thread costs more than it saves. */
    private static final long FEW_MULTIPLY_ADDS = 400_000;
    /** Items at which a tile of keys and values that came from memory is paid for. */
    private static final int MOST_ITEMS = 48;
    /** Fewer in a chunk only if a thread would have none. */
    private static final int LEAST_ITEMS = 12;

    private static final int CHUNKS_PER_THREAD = 4;

    private AttentionChunks() {}

    /** Items of a chunk, at most. */
    static int items(AttentionShape shape, List<Span> spans, int threads) {
        int items = MOST_ITEMS;
        while (items > LEAST_ITEMS && chunks(shape, spans, items) < CHUNKS_PER_THREAD * threads) {
            items /= 2;
        }
        while (items > 1 && chunks(shape, spans, items) < threads) {
            items = Math.ceilDiv(items, 2);
        }
        return items;
    }

    /** Chunks of all sequences. */
    static int chunks(AttentionShape shape, List<Span> spans, int items) {
        int chunks = 0;
        for (int i = 0; i < spans.size(); i++) {
            chunks += chunks(shape, spans.get(i), items);
        }
        return chunks;
    }

    /** Chunks of one sequence. */
    static int chunks(AttentionShape shape, Span span, int items) {
        return Math.ceilDiv(span.rows() * (shape.heads() / shape.kvHeads()), items) * shape.kvHeads();
    }

    /** Whether the caller had better do it all by itself. */
    static boolean small(AttentionShape shape, List<Span> spans) {
        long total = 0;
        for (int i = 0; i < spans.size(); i++) {
            Span span = spans.get(i);
            long keys = shape.window() == 0 ? span.length() : Math.min(span.length(), shape.window() + span.rows());
            total += span.rows() * keys;
        }
        return 2L * total * shape.heads() * shape.headDim() < FEW_MULTIPLY_ADDS;
    }
}
