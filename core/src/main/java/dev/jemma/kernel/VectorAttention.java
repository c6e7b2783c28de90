package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * Attention in vectors. A chunk is one key/value head and a few positions; its query heads ("items") go four at a time
 * through every tile of keys, so that a loaded key or value serves four of them and a tile stays in the cache for the
 * whole chunk. Each item keeps its own maximum, sums and values, and its own order: the one of {@link ScalarAttention}.
 */
record VectorAttention(AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out)
        implements Workers.Chunk {
    private static final int TILE = ScalarAttention.TILE;
    private static final int TOKENS = KvBlocks.TOKENS;
    /** Items of a group: what the micro-kernels take. */
    private static final int QUAD = 4;
    /** Items of a chunk, about. */
    private static final int ITEMS = 16;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** A thread's state of the items of a chunk. */
    private static final class Scratch {
        /** [quad][headDim][4]. */
        float[] queries = new float[0];
        /** [item][headDim]. */
        float[] values = new float[0];
        /** [item][16]. */
        float[] sums = new float[0];

        float[] max = new float[0];
        final float[] scores = new float[QUAD * TILE];
        final float[] lanes = new float[Lanes.COUNT];

        void reset(int items, int headDim) {
            if (max.length < items || values.length < items * headDim) {
                queries = new float[items * headDim];
                values = new float[items * headDim];
                sums = new float[items * Lanes.COUNT];
                max = new float[items];
            }
            Arrays.fill(values, 0, items * headDim, 0f);
            Arrays.fill(sums, 0, items * Lanes.COUNT, 0f);
            Arrays.fill(max, 0, items, Float.NEGATIVE_INFINITY);
        }
    }

    private int group() {
        return shape.heads() / shape.kvHeads();
    }

    private int positionsPerChunk() {
        return Math.ceilDiv(ITEMS, group());
    }

    private int chunks(Span span) {
        return Math.ceilDiv(span.rows(), positionsPerChunk()) * shape.kvHeads();
    }

    int chunks() {
        int chunks = 0;
        for (int i = 0; i < spans.size(); i++) {
            chunks += chunks(spans.get(i));
        }
        return chunks;
    }

    @Override
    public void run(int chunk, int worker) {
        int s = 0;
        int rest = chunk;
        while (rest >= chunks(spans.get(s))) {
            rest -= chunks(spans.get(s));
            s++;
        }
        Span span = spans.get(s);
        int row = rest / shape.kvHeads() * positionsPerChunk();
        int rows = Math.min(positionsPerChunk(), span.rows() - row);
        Items items = new Items(span, row, rows * group(), rest % shape.kvHeads());
        Scratch scratch = SCRATCH.get();
        int quads = Math.ceilDiv(items.count, QUAD);
        scratch.reset(quads * QUAD, shape.headDim());
        loadQueries(items, quads, scratch.queries);
        int first = shape.firstKey(position(items, 0));
        int end = shape.endKey(position(items, items.count - 1), span.length());
        for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
            for (int quad = 0; quad < quads; quad++) {
                attend(items, quad * QUAD, tile, scratch);
            }
        }
        store(items, scratch);
    }

    /** The query heads of a chunk: item i is head i mod group of row {@code row + i / group}. */
    private record Items(Span span, int row, int count, int kvHead) {}

    /** Row of an item within its span; items beyond the last repeat it, so that quads are full. */
    private int row(Items items, int item) {
        return items.row + Math.min(item, items.count - 1) / group();
    }

    private int position(Items items, int item) {
        return items.span.firstPosition() + row(items, item);
    }

    private int firstKey(Items items, int item) {
        return shape.firstKey(position(items, item));
    }

    private int endKey(Items items, int item) {
        return shape.endKey(position(items, item), items.span.length());
    }

    /** Byte offset of an item's head in q and out. */
    private long offset(Items items, int item) {
        int head = items.kvHead * group() + Math.min(item, items.count - 1) % group();
        return q.offset(items.span.firstRow() + row(items, item), head * shape.headDim());
    }

    private void loadQueries(Items items, int quads, float[] queries) {
        int headDim = shape.headDim();
        for (int item = 0; item < quads * QUAD; item++) {
            long from = offset(items, item);
            int to = item / QUAD * QUAD * headDim + item % QUAD;
            for (int d = 0; d < headDim; d++) {
                queries[to + QUAD * d] = q.data().get(ValueLayout.JAVA_FLOAT, from + 4L * d);
            }
        }
    }

    /** One tile of keys for the four items from {@code item} on. */
    private void attend(Items items, int item, int tile, Scratch scratch) {
        int from = Math.max(tile, firstKey(items, item));
        int to = Math.min(tile + TILE, endKey(items, item + QUAD - 1));
        if (from >= to) {
            return;
        }
        int firstBlock = from / TOKENS;
        int endBlock = Math.ceilDiv(to, TOKENS);
        scores(items, item, tile, firstBlock, endBlock, scratch);
        int commonFrom = tile;
        int commonTo = tile + TILE;
        for (int t = 0; t < QUAD; t++) {
            int itemFrom = Math.max(tile, firstKey(items, item + t));
            int itemTo = Math.min(tile + TILE, endKey(items, item + t));
            commonFrom = Math.max(commonFrom, itemFrom);
            commonTo = Math.min(commonTo, itemTo);
            if (itemFrom < itemTo) {
                int at = t * TILE - tile;
                softmax(
                        scratch,
                        item + t,
                        at + firstBlock * TOKENS,
                        at + itemFrom,
                        at + itemTo,
                        at + endBlock * TOKENS);
            }
        }
        if (commonFrom >= commonTo) {
            // no key is seen by all four
            commonFrom = commonTo = tile + TILE;
        }
        // of each item the keys before those that all see, then these for all four, then the item's keys after them
        for (int step = 0; step < 2 * QUAD + 1; step++) {
            if (step == QUAD) {
                addValues(items, item, 0, QUAD, tile, commonFrom, commonTo, scratch);
                continue;
            }
            int t = step < QUAD ? step : step - QUAD - 1;
            int itemEnd = Math.min(tile + TILE, endKey(items, item + t));
            if (step < QUAD) {
                int itemFrom = Math.max(tile, firstKey(items, item + t));
                addValues(items, item, t, 1, tile, itemFrom, Math.min(commonFrom, itemEnd), scratch);
            } else {
                addValues(items, item, t, 1, tile, commonTo, itemEnd, scratch);
            }
        }
    }

    /** q·k of four items and the blocks {@code firstBlock} … {@code endBlock} − 1 to {@code scores} [4][tile]. */
    private void scores(Items items, int item, int tile, int firstBlock, int endBlock, Scratch scratch) {
        int headDim = shape.headDim();
        int queries = item * headDim;
        int[] table = items.span.blockTable();
        long head = 4L * items.kvHead * headDim * TOKENS;
        int step = VectorMath.L == TOKENS ? 2 : 1;
        for (int b = firstBlock; b < endBlock; b += step) {
            MemorySegment slab = blocks.slab(table[b]);
            long keys = blocks.keys(table[b]) + head;
            int at = b * TOKENS - tile;
            if (step == 2) {
                int c = Math.min(b + 1, endBlock - 1);
                AttentionTiles.scores(
                        slab,
                        keys,
                        blocks.slab(table[c]),
                        blocks.keys(table[c]) + head,
                        scratch.queries,
                        queries,
                        headDim,
                        scratch.scores,
                        at,
                        c * TOKENS - tile);
            } else {
                for (int h = 0; h < TOKENS; h += 2 * VectorMath.L) {
                    AttentionTiles.scores(
                            slab,
                            keys + 4L * h,
                            slab,
                            keys + 4L * (h + VectorMath.L),
                            scratch.queries,
                            queries,
                            headDim,
                            scratch.scores,
                            at + h,
                            at + h + VectorMath.L);
                }
            }
        }
    }

    /** Turns the scores of one item into weights; {@code start … end} are whole blocks, {@code from … to} is visible. */
    private void softmax(Scratch scratch, int item, int start, int from, int to, int end) {
        float scale = shape.scale();
        if (shape.softcap() != 0f) {
            AttentionTiles.cap(scratch.scores, start, end, scale, shape.softcap());
            scale = 1f;
        }
        AttentionTiles.softmax(
                scratch.scores,
                start,
                from,
                to,
                end,
                scale,
                scratch.max,
                scratch.sums,
                scratch.values,
                item,
                shape.headDim());
    }

    /** Adds keys {@code from} … {@code to} − 1 to items {@code item + t} … of {@code count} (1 or 4). */
    private void addValues(Items items, int item, int t, int count, int tile, int from, int to, Scratch scratch) {
        int headDim = shape.headDim();
        int[] table = items.span.blockTable();
        int j = from;
        while (j < to) {
            int block = table[j / TOKENS];
            int end = Math.min(to, (j / TOKENS + 1) * TOKENS);
            long row = blocks.values(block) + 4L * headDim * (items.kvHead * TOKENS + j % TOKENS);
            int weights = t * TILE + j - tile;
            int values = (item + t) * headDim;
            if (count == QUAD) {
                AttentionTiles.addValues4(
                        blocks.slab(block), row, end - j, headDim, scratch.scores, weights, scratch.values, values);
            } else {
                AttentionTiles.addValues(
                        blocks.slab(block), row, end - j, headDim, 0, scratch.scores, weights, scratch.values, values);
            }
            j = end;
        }
    }

    private void store(Items items, Scratch scratch) {
        int headDim = shape.headDim();
        for (int item = 0; item < items.count; item++) {
            System.arraycopy(scratch.sums, item * Lanes.COUNT, scratch.lanes, 0, Lanes.COUNT);
            AttentionTiles.divide(
                    scratch.values, item * headDim, headDim, Lanes.sum(scratch.lanes), out.data(), offset(items, item));
        }
    }
}
