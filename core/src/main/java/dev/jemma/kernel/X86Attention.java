package dev.jemma.kernel;

import dev.jemma.kernel.x86.AttentionCode;
import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Attention by emitted code, for heads of a multiple of 16. A chunk is one key/value head and a few positions; its query
 * heads ("items") go together through every tile of keys, so that a loaded key or value serves several of them. Each
 * item keeps its own maximum, sums and values, and its own order: the one of {@link ScalarAttention}.
 */
final class X86Attention {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int TILE = ScalarAttention.TILE;
    private static final int TOKENS = KvBlocks.TOKENS;
    /** Items of a chunk, about. */
    private static final int ITEMS = 16;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final int groupItems;
    private final int lanes;
    private final X86Rows rows;
    private final Code scores;
    private final Code softmax;
    /** [items − 1 of one or a group][vectors of features − 1]. */
    private final Code[][] values;

    X86Attention(Isa isa, CodeSpace space, X86Rows rows) {
        this.rows = rows;
        groupItems = AttentionCode.items(isa);
        lanes = isa.lanes();
        scores = space.load(AttentionCode.scores(isa));
        softmax = space.load(AttentionCode.softmax(isa));
        values = new Code[2][2];
        for (int vectors = 1; vectors <= 2; vectors++) {
            values[0][vectors - 1] = space.load(AttentionCode.values(isa, 1, vectors));
            values[1][vectors - 1] = space.load(AttentionCode.values(isa, groupItems, vectors));
        }
    }

    /** Whether heads of that size can be computed. */
    static boolean takes(int headDim) {
        return headDim % Lanes.COUNT == 0;
    }

    /** The chunks of a call. */
    Batch batch(AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        return new Batch(shape, blocks, spans, q, out);
    }

    /** A thread's state of the items of a chunk, as {@link AttentionCode} draws it. */
    private static final class Scratch {
        final MemorySegment arguments = Arena.ofAuto().allocate(AttentionCode.BYTES + 64, 64);
        final float[] lanes = new float[Lanes.COUNT];
        MemorySegment queries = MemorySegment.NULL;
        MemorySegment scores = MemorySegment.NULL;
        MemorySegment state = MemorySegment.NULL;
        long sumsAt;
        long valuesAt;

        void reset(int items, int headDim) {
            sumsAt = Math.ceilDiv(4L * items, 64) * 64;
            valuesAt = sumsAt + 64L * items;
            long stateBytes = valuesAt + 4L * items * headDim;
            if (scores.byteSize() < 4L * items * TILE || state.byteSize() < stateBytes) {
                Arena arena = Arena.ofAuto();
                queries = arena.allocate(4L * items * headDim, 64);
                scores = arena.allocate(4L * items * TILE, 64);
                state = arena.allocate(stateBytes, 64);
            }
            if (queries.byteSize() < 4L * items * headDim) {
                queries = Arena.ofAuto().allocate(4L * items * headDim, 64);
            }
            state.asSlice(sumsAt, stateBytes - sumsAt).fill((byte) 0);
            for (int i = 0; i < items; i++) {
                state.set(FLOAT, 4L * i, Float.NEGATIVE_INFINITY);
            }
        }

        MemorySegment call(long a, long b, long c, int count, int features, int keys) {
            arguments.set(LONG, AttentionCode.A, a);
            arguments.set(LONG, AttentionCode.B, b);
            arguments.set(LONG, AttentionCode.C, c);
            arguments.set(LONG, AttentionCode.COUNT, count);
            arguments.set(LONG, AttentionCode.FEATURES, features);
            arguments.set(LONG, AttentionCode.KEYS, keys);
            return arguments;
        }
    }

    final class Batch implements Workers.Chunk {
        private final AttentionShape shape;
        private final KvBlocks blocks;
        private final List<Span> spans;
        private final Tensor q;
        private final Tensor out;
        private final int headDim;
        private final int queriesPerKey;

        Batch(AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
            this.shape = shape;
            this.blocks = blocks;
            this.spans = spans;
            this.q = q;
            this.out = out;
            headDim = shape.headDim();
            queriesPerKey = shape.heads() / shape.kvHeads();
        }

        private int positionsPerChunk() {
            return Math.ceilDiv(ITEMS, queriesPerKey);
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
            int positions = Math.min(positionsPerChunk(), span.rows() - row);
            new Items(this, span, row, positions * queriesPerKey, rest % shape.kvHeads()).run();
        }
    }

    /** The query heads of a chunk: item i is head i mod group of row {@code row + i / group}. */
    private final class Items {
        private final Batch batch;
        private final Span span;
        private final int row;
        private final int count;
        private final int kvHead;
        private final int groups;
        private final Scratch scratch = SCRATCH.get();

        Items(Batch batch, Span span, int row, int count, int kvHead) {
            this.batch = batch;
            this.span = span;
            this.row = row;
            this.count = count;
            this.kvHead = kvHead;
            groups = Math.ceilDiv(count, groupItems);
        }

        void run() {
            int all = groups * groupItems;
            scratch.reset(all, batch.headDim);
            loadQueries(all);
            int first = firstKey(0);
            int end = endKey(count - 1);
            for (int tile = first / TILE * TILE; tile < end; tile += TILE) {
                attend(tile, Math.max(tile, first), Math.min(tile + TILE, end));
            }
            for (int item = 0; item < count; item++) {
                MemorySegment.copy(scratch.state, FLOAT, scratch.sumsAt + 64L * item, scratch.lanes, 0, Lanes.COUNT);
                float sum = Lanes.sum(scratch.lanes);
                long from = scratch.valuesAt + 4L * batch.headDim * item;
                int steps = batch.headDim / Lanes.COUNT;
                rows.divide(scratch.state, from, sum, batch.out.data(), offset(item), steps);
            }
        }

        /** Row of an item within its span; items beyond the last repeat it, so that groups are full. */
        private int row(int item) {
            return row + Math.min(item, count - 1) / batch.queriesPerKey;
        }

        private int firstKey(int item) {
            return batch.shape.firstKey(span.firstPosition() + row(item));
        }

        private int endKey(int item) {
            return batch.shape.endKey(span.firstPosition() + row(item), span.length());
        }

        /** Byte offset of an item's head in q and out. */
        private long offset(int item) {
            int head = kvHead * batch.queriesPerKey + Math.min(item, count - 1) % batch.queriesPerKey;
            return batch.q.offset(span.firstRow() + row(item), head * batch.headDim);
        }

        private void loadQueries(int all) {
            for (int item = 0; item < all; item++) {
                long from = offset(item);
                long to = 4L * (item / groupItems * groupItems * batch.headDim + item % groupItems);
                for (int d = 0; d < batch.headDim; d++) {
                    float value = batch.q.data().get(FLOAT, from + 4L * d);
                    scratch.queries.set(FLOAT, to + 4L * groupItems * d, value);
                }
            }
        }

        /** One tile, of which some item sees keys {@code from} … {@code to} − 1. */
        private void attend(int tile, int from, int to) {
            int start = from / TOKENS * TOKENS;
            int end = Math.ceilDiv(to, TOKENS) * TOKENS;
            for (int j = start; j < end; j += TOKENS) {
                int block = span.blockTable()[j / TOKENS];
                long keys = batch.blocks.keys(block) + 4L * kvHead * batch.headDim * TOKENS;
                MemorySegment a = scratch.call(keys, 0, 4L * (j - tile), groups, batch.headDim, 0);
                a.set(FLOAT, AttentionCode.NUMBER, batch.shape.scale());
                scores.call(a, batch.blocks.slab(block), scratch.queries, scratch.scores);
            }
            int all = groups * groupItems;
            if (batch.shape.softcap() != 0f) {
                rows.softcap(scratch.scores, batch.shape.softcap(), 0, 4L * all * TILE);
            }
            int firstSeeing = all;
            int endSeeing = 0;
            int commonFrom = tile;
            int commonTo = tile + TILE;
            for (int item = 0; item < all; item++) {
                int itemFrom = Math.max(tile, firstKey(item));
                int itemTo = Math.min(tile + TILE, endKey(item));
                if (itemFrom < itemTo) {
                    firstSeeing = Math.min(firstSeeing, item);
                    endSeeing = item + 1;
                }
                commonFrom = Math.max(commonFrom, itemFrom);
                commonTo = Math.min(commonTo, itemTo);
                hide(item, start - tile, Math.min(itemFrom, end) - tile);
                hide(item, Math.max(itemTo, start) - tile, end - tile);
            }
            long scoresAt = 4L * (TILE * firstSeeing + start - tile);
            int seeing = endSeeing - firstSeeing;
            int steps = batch.headDim / Lanes.COUNT;
            MemorySegment a = scratch.call(scoresAt, 4L * firstSeeing, 0, seeing, steps, (end - start) / TOKENS);
            // relative to the first item's maximum, from where the code counts
            a.set(LONG, AttentionCode.SUMS, scratch.sumsAt + 60L * firstSeeing);
            long itemBytes = 4L * batch.headDim;
            a.set(LONG, AttentionCode.VALUES, scratch.valuesAt + (itemBytes - 4) * firstSeeing);
            softmax.call(a, scratch.scores, scratch.state, scratch.state);
            if (commonFrom >= commonTo) {
                commonFrom = commonTo = tile + TILE; // no key is seen by all
            }
            for (int j = start; j < end; j += TOKENS) {
                addValues(tile, j, commonFrom, commonTo);
            }
        }

        /** Scores {@code from} … {@code to} − 1 of a tile are not the item's to see. */
        private void hide(int item, int from, int to) {
            for (int j = from; j < to; j++) {
                scratch.scores.set(FLOAT, 4L * (TILE * item + j), Float.NEGATIVE_INFINITY);
            }
        }

        /** The values of the block at position {@code j}: what all items see together, the rest item by item. */
        private void addValues(int tile, int j, int commonFrom, int commonTo) {
            int from = Math.clamp(commonFrom, j, j + TOKENS);
            int to = Math.clamp(commonTo, from, j + TOKENS);
            int all = groups * groupItems;
            if (from > j) {
                addSeparately(all, tile, j, from);
            }
            if (from < to) {
                addValues(1, 0, groups, tile, from, to);
            }
            if (to < j + TOKENS) {
                addSeparately(all, tile, to, j + TOKENS);
            }
        }

        private void addSeparately(int all, int tile, int from, int to) {
            for (int item = 0; item < all; item++) {
                int itemFrom = Math.max(from, firstKey(item));
                int itemTo = Math.min(to, endKey(item));
                if (itemFrom < itemTo) {
                    addValues(0, item, 1, tile, itemFrom, itemTo);
                }
            }
        }

        /** Positions {@code from} … {@code to} − 1 of one block for {@code n} items, or groups, from {@code item} on. */
        private void addValues(int kind, int item, int n, int tile, int from, int to) {
            int block = span.blockTable()[from / TOKENS];
            int headDim = batch.headDim;
            long row = batch.blocks.values(block) + 4L * headDim * (kvHead * TOKENS + from % TOKENS);
            int vectors = headDim % (2 * lanes) == 0 ? 2 : 1;
            long weights = 4L * (TILE * item + from - tile);
            long to0 = scratch.valuesAt + 4L * headDim * item;
            MemorySegment a = scratch.call(row, weights, to0, n, headDim / (vectors * lanes), to - from);
            a.set(LONG, AttentionCode.HEAD_BYTES, 4L * headDim);
            values[kind][vectors - 1].call(a, batch.blocks.slab(block), scratch.scores, scratch.state);
        }
    }
}
