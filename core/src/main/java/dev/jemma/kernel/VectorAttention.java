package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * Attention in vectors. The items of a chunk ({@link AttentionChunks}) go four at a time through every tile of keys, so
 * that a loaded key or value serves four of them and a tile stays in the cache for the whole chunk. Each item keeps its own maximum, sums and values, and its own order: the one of {@link ScalarAttention}.
 */
record VectorAttention(AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out, int itemsPerChunk)
        implements Workers.Chunk {
    private static final int TILE = ScalarAttention.TILE;
    private static final int TOKENS = KvBlocks.TOKENS;
    /** Items of a group: what the micro-kernels take. */
    private static final int QUAD = 4;

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

        /** Keys and values of a tile, in native memory as those of the cache are: the compiler then sees one kind. */
        MemorySegment keys = MemorySegment.NULL;

        MemorySegment decoded = MemorySegment.NULL;

        void resetDecoded(int headDim) {
            if (keys.byteSize() < 4L * headDim * TILE) {
                keys = Arena.ofAuto().allocate(4L * headDim * TILE, 64);
                decoded = Arena.ofAuto().allocate(4L * headDim * TILE, 64);
            }
        }

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

    static void attention(
            Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        int items = AttentionChunks.items(shape, spans, workers.threads());
        int chunks = AttentionChunks.chunks(shape, spans, items);
        VectorAttention attention = new VectorAttention(shape, blocks, spans, q, out, items);
        if (AttentionChunks.small(shape, spans)) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                attention.run(chunk, 0);
            }
        } else {
            workers.run(chunks, attention);
        }
    }

    @Override
    public void run(int chunk, int worker) {
        int s = 0;
        int rest = chunk;
        while (rest >= AttentionChunks.chunks(shape, spans.get(s), itemsPerChunk)) {
            rest -= AttentionChunks.chunks(shape, spans.get(s), itemsPerChunk);
            s++;
        }
        Span span = spans.get(s);
        int from = rest / shape.kvHeads() * itemsPerChunk;
        int count = Math.min(itemsPerChunk, span.rows() * group() - from);
        Items items = new Items(span, from, count, rest % shape.kvHeads());
        Scratch scratch = SCRATCH.get();
        int quads = Math.ceilDiv(items.count, QUAD);
        scratch.reset(quads * QUAD, shape.headDim());
        loadQueries(items, quads, scratch.queries);
        int first = firstKey(items, 0);
        int end = endKey(items, items.count - 1);
        for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
            if (blocks.type() != KvType.F32) {
                decode(items, tile, Math.max(tile, first), Math.min(tile + TILE, end), scratch);
            }
            for (int quad = 0; quad < quads; quad++) {
                attend(items, quad * QUAD, tile, scratch);
            }
        }
        store(items, scratch);
    }

    /** The query heads of a chunk: item i is head (first + i) mod group of row (first + i) / group. */
    private record Items(Span span, int first, int count, int kvHead) {}

    /** Row of an item within its span; items beyond the last repeat it, so that quads are full. */
    private int row(Items items, int item) {
        return (items.first + Math.min(item, items.count - 1)) / group();
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
        int head = items.kvHead * group() + (items.first + Math.min(item, items.count - 1)) % group();
        return q.offset(items.span.firstRow() + row(items, item), head * shape.headDim());
    }

    /** Keys and values of the blocks of a tile that hold positions {@code from} … {@code to} − 1 as float32. */
    private void decode(Items items, int tile, int from, int to, Scratch scratch) {
        int headDim = shape.headDim();
        scratch.resetDecoded(headDim);
        for (int b = from / TOKENS; b < Math.ceilDiv(to, TOKENS); b++) {
            int block = items.span.blockTable()[b];
            MemorySegment slab = blocks.slab(block);
            long head = items.kvHead * blocks.type().headBytes(headDim);
            long at = 4L * headDim * (b * TOKENS - tile);
            VectorKvDecoder.keys(blocks.type(), headDim, slab, blocks.keys(block) + head, scratch.keys, at);
            VectorKvDecoder.values(blocks.type(), headDim, slab, blocks.values(block) + head, scratch.decoded, at);
        }
    }

    /** Where the keys of block {@code b} of the sequence lie as float32. */
    private MemorySegment keys(Items items, int b, Scratch scratch) {
        return blocks.type() == KvType.F32 ? blocks.slab(items.span.blockTable()[b]) : scratch.keys;
    }

    /** Their byte offset there. */
    private long keysAt(Items items, int tile, int b) {
        int headDim = shape.headDim();
        return blocks.type() == KvType.F32
                ? blocks.keys(items.span.blockTable()[b]) + 4L * items.kvHead * headDim * TOKENS
                : 4L * headDim * (b * TOKENS - tile);
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
        int step = VectorMath.L == TOKENS ? 2 : 1;
        for (int b = firstBlock; b < endBlock; b += step) {
            MemorySegment slab = keys(items, b, scratch);
            long keys = keysAt(items, tile, b);
            int at = b * TOKENS - tile;
            if (step == 2) {
                int c = Math.min(b + 1, endBlock - 1);
                AttentionTiles.scores(
                        slab,
                        keys,
                        keys(items, c, scratch),
                        keysAt(items, tile, c),
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
            boolean plain = blocks.type() == KvType.F32;
            MemorySegment rows = plain ? blocks.slab(block) : scratch.decoded;
            long row = plain
                    ? blocks.values(block) + 4L * headDim * (items.kvHead * TOKENS + j % TOKENS)
                    : 4L * headDim * (j - tile);
            int weights = t * TILE + j - tile;
            int values = (item + t) * headDim;
            if (count == QUAD) {
                AttentionTiles.addValues4(rows, row, end - j, headDim, scratch.scores, weights, scratch.values, values);
            } else {
                AttentionTiles.addValues(
                        rows, row, end - j, headDim, 0, scratch.scores, weights, scratch.values, values);
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
