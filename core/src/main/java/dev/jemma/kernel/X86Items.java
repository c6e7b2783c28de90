package dev.jemma.kernel;

import dev.jemma.kernel.x86.AttentionCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A thread's scratch memory for attention, and the walk of one chunk: its items go together through every tile of keys,
 * in groups as large as the registers allow, so that a loaded key or value serves several. Each item keeps its own
 * maximum, sums and values, and its own order: the one of {@link ScalarAttention}. Keys and values that are not float32
 * are decoded on the way where items are few, else tile by tile.
 */
final class X86Items {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int TILE = ScalarAttention.TILE;
    private static final int TOKENS = KvBlocks.TOKENS;
    private static final int BLOCKS = AttentionCode.BLOCKS;
    private static final int LINE = 64;

    private final MemorySegment arguments = Arena.ofAuto().allocate(AttentionCode.BYTES, LINE);
    private final MemorySegment hidden = Arena.ofAuto().allocate(4L * TILE, LINE);
    private final float[] lanes = new float[Lanes.COUNT];
    /** [item][headDim]. */
    private MemorySegment queries = MemorySegment.NULL;
    /** [item][64]. */
    private MemorySegment scores = MemorySegment.NULL;
    /** As {@link AttentionCode} draws it. */
    private MemorySegment state = MemorySegment.NULL;
    /** Keys, then values of a tile in float32: [block][headDim · 16]. */
    private MemorySegment decoded = MemorySegment.NULL;

    private long sumsAt;
    private long valuesAt;

    X86Items() {
        for (int i = 0; i < TILE; i++) {
            hidden.setAtIndex(FLOAT, i, Float.NEGATIVE_INFINITY);
        }
    }

    /** Items {@code first} … of a sequence and a key/value head. */
    void run(X86Attention.Call call, Span span, int first, int kvHead) {
        int items = span.rows() * call.headsPerKey();
        int count = Math.min(call.items(), items - first);
        reset(call, count);
        new Walk(call, span, first, count, kvHead).run();
    }

    private void reset(X86Attention.Call call, int count) {
        int headDim = call.shape().headDim();
        sumsAt = Math.ceilDiv(4L * count, LINE) * LINE;
        valuesAt = sumsAt + (long) LINE * count;
        long stateBytes = valuesAt + 4L * count * headDim;
        queries = atLeast(queries, 4L * count * headDim);
        scores = atLeast(scores, 4L * count * TILE);
        state = atLeast(state, stateBytes);
        if (call.blocks().type() != KvType.F32) {
            decoded = atLeast(decoded, 4L * headDim * TILE);
        }
        state.asSlice(sumsAt, stateBytes - sumsAt).fill((byte) 0);
        for (int i = 0; i < count; i++) {
            state.set(FLOAT, 4L * i, Float.NEGATIVE_INFINITY);
        }
    }

    private static MemorySegment atLeast(MemorySegment have, long bytes) {
        return have.byteSize() >= bytes ? have : Arena.ofAuto().allocate(bytes, LINE);
    }

    /** One chunk: item i is query head i mod {@code headsPerKey} of row i / {@code headsPerKey} of the sequence. */
    private final class Walk {
        private final X86Attention.Call call;
        private final X86Attention code;
        private final X86AttentionCodes codes;
        private final int[] sizes;
        private final AttentionShape shape;
        private final KvBlocks blocks;
        private final Span span;
        private final int first;
        private final int count;
        private final int kvHead;
        private final int headDim;
        private final int headsPerKey;
        /** Whether keys and values are read where they lie. */
        private final boolean direct;
        /** Bytes of a value as it is read. */
        private final long rowBytes;
        /** Byte offset of the head within the keys, and the values, of a block. */
        private final long head;
        /** One of the slabs of the arena whose memory the code reads by address: it cannot be closed under a call. */
        private MemorySegment pinned = decoded;

        Walk(X86Attention.Call call, Span span, int first, int count, int kvHead) {
            this.call = call;
            this.span = span;
            this.first = first;
            this.count = count;
            this.kvHead = kvHead;
            code = call.code();
            shape = call.shape();
            blocks = call.blocks();
            headDim = shape.headDim();
            headsPerKey = call.headsPerKey();
            codes = code.codes(blocks.type(), headDim, count);
            sizes = codes.groups;
            direct = blocks.type() == KvType.F32 || codes.form != AttentionCode.Form.F32;
            rowBytes = direct ? blocks.type().rowBytes(headDim) : 4L * headDim;
            head = kvHead * blocks.type().headBytes(headDim);
        }

        void run() {
            long headBytes = 4L * headDim;
            for (int item = 0; item < count; item++) {
                MemorySegment.copy(call.q().data(), offset(item), queries, headBytes * item, headBytes);
            }
            arguments.set(LONG, AttentionCode.HEAD_BYTES, headBytes);
            arguments.set(LONG, AttentionCode.ROW_BYTES, rowBytes);
            arguments.set(LONG, AttentionCode.FEATURE_BLOCKS, headDim / KvType.BLOCK);
            arguments.set(LONG, AttentionCode.KEY_SCALES, KvType.scale(headDim, 0, 0));
            int from = firstKey(0);
            int to = endKey(count - 1);
            for (int tile = from / TILE * TILE; tile < to; tile += TILE) {
                attend(tile, Math.max(tile, from), Math.min(tile + TILE, to));
            }
            for (int item = 0; item < count; item++) {
                MemorySegment.copy(state, FLOAT, sumsAt + (long) LINE * item, lanes, 0, Lanes.COUNT);
                long at = valuesAt + headBytes * item;
                int steps = headDim / Lanes.COUNT;
                code.rows.divide(state, at, Lanes.sum(lanes), call.out().data(), offset(item), steps);
            }
        }

        private int row(int item) {
            return (first + item) / headsPerKey;
        }

        private int firstKey(int item) {
            return shape.firstKey(span.firstPosition() + row(item));
        }

        private int endKey(int item) {
            return shape.endKey(span.firstPosition() + row(item), span.length());
        }

        /** Byte offset of an item's head in q and out. */
        private long offset(int item) {
            int ofRow = kvHead * headsPerKey + (first + item) % headsPerKey;
            return call.q().offset(span.firstRow() + row(item), ofRow * headDim);
        }

        /** One tile, of which some item sees keys {@code from} … {@code to} − 1. */
        private void attend(int tile, int from, int to) {
            int firstBlock = (from - tile) / TOKENS;
            int endBlock = Math.ceilDiv(to - tile, TOKENS);
            scores(tile, firstBlock, endBlock);
            if (shape.softcap() != 0f) {
                code.rows.softcap(scores, shape.softcap(), 0, 4L * count * TILE);
            }
            boolean whole = firstKey(count - 1) <= tile && endKey(0) >= tile + TILE;
            int firstSeeing = 0;
            int endSeeing = count;
            if (!whole) {
                while (!sees(firstSeeing, tile)) {
                    firstSeeing++;
                }
                while (!sees(endSeeing - 1, tile)) {
                    endSeeing--;
                }
                for (int item = firstSeeing; item < endSeeing; item++) {
                    hide(item, TOKENS * firstBlock, Math.max(from, firstKey(item)) - tile);
                    hide(item, Math.min(to, endKey(item)) - tile, TOKENS * endBlock);
                }
            }
            softmax(firstSeeing, endSeeing - firstSeeing, firstBlock, endBlock);
            decodeValues(tile, firstBlock, endBlock);
            if (whole) {
                int runs = runs(tile, tile, tile + TILE);
                int item = 0;
                for (int g = 0; g < sizes.length; g++) {
                    int groups = (count - item) / sizes[g];
                    addValues(g, item, groups, runs, 0);
                    item += groups * sizes[g];
                }
            } else {
                addVisibleValues(tile);
            }
        }

        private boolean sees(int item, int tile) {
            return firstKey(item) < tile + TILE && endKey(item) > tile;
        }

        private void scores(int tile, int firstBlock, int endBlock) {
            int start = codes.wholeTiles ? 0 : firstBlock / 2 * 2;
            for (int b = start; b < BLOCKS; b++) {
                int inside = Math.clamp(b, firstBlock, endBlock - 1); // others only fill the registers
                long at = 4L * headDim * TOKENS * inside;
                int block = span.blockTable()[tile / TOKENS + inside];
                if (direct) {
                    pinned = blocks.slab(block);
                    at = blocks.keys(block) + head;
                } else if (inside == b) {
                    code.decoder()
                            .keys(blocks.type(), headDim, blocks.slab(block), blocks.keys(block) + head, decoded, at);
                }
                arguments.set(LONG, AttentionCode.TABLE + 8L * (b - start), pinned.address() + at);
            }
            arguments.set(FLOAT, AttentionCode.NUMBER, shape.scale());
            arguments.set(LONG, AttentionCode.FEATURES, headDim);
            int item = 0;
            for (int g = 0; g < sizes.length; g++) {
                int groups = (count - item) / sizes[g];
                if (groups > 0) {
                    long to = 4L * (TILE * item + TOKENS * start);
                    operands(0, 4L * headDim * item, to, groups);
                    int together = codes.blocksTogether[g];
                    arguments.set(LONG, AttentionCode.KEYS, Math.ceilDiv(endBlock - start, together));
                    codes.scores[g].call(arguments, pinned, queries, scores);
                }
                item += groups * sizes[g];
            }
        }

        private void operands(long a, long b, long c, int count) {
            arguments.set(LONG, AttentionCode.A, a);
            arguments.set(LONG, AttentionCode.B, b);
            arguments.set(LONG, AttentionCode.C, c);
            arguments.set(LONG, AttentionCode.COUNT, count);
        }

        /** Scores {@code from} … {@code to} − 1 of a tile are not the item's to see. */
        private void hide(int item, int from, int to) {
            if (from < to) {
                MemorySegment.copy(hidden, 0, scores, 4L * (TILE * item + from), 4L * (to - from));
            }
        }

        private void softmax(int item, int items, int firstBlock, int endBlock) {
            operands(4L * (TILE * item + TOKENS * firstBlock), 4L * item, 0, items);
            arguments.set(LONG, AttentionCode.FEATURES, headDim / Lanes.COUNT);
            arguments.set(LONG, AttentionCode.KEYS, endBlock - firstBlock);
            // relative to the first item's maximum, from where the code counts
            arguments.set(LONG, AttentionCode.SUMS, sumsAt + (LINE - 4L) * item);
            arguments.set(LONG, AttentionCode.VALUES, valuesAt + (4L * headDim - 4) * item);
            code.softmax.call(arguments, scores, state, state);
        }

        /** Where they are not read directly: the values take the place of the keys. */
        private void decodeValues(int tile, int firstBlock, int endBlock) {
            for (int b = firstBlock; b < endBlock && !direct; b++) {
                int block = span.blockTable()[tile / TOKENS + b];
                long at = 4L * headDim * TOKENS * b;
                code.decoder()
                        .values(blocks.type(), headDim, blocks.slab(block), blocks.values(block) + head, decoded, at);
            }
        }

        /** Writes the runs of values at positions {@code from} … {@code to} − 1 of a tile; returns their number. */
        private int runs(int tile, int from, int to) {
            int runs = 0;
            for (int j = from; j < to; runs++) {
                int end = Math.min(to, (j / TOKENS + 1) * TOKENS);
                long entry = AttentionCode.TABLE + (long) AttentionCode.RUN * runs;
                long address = decoded.address() + rowBytes * (j - tile);
                if (direct) {
                    int block = span.blockTable()[j / TOKENS];
                    long values = blocks.slab(block).address() + blocks.values(block) + head;
                    address = values + rowBytes * (j % TOKENS);
                    arguments.set(LONG, entry + 16, values + KvType.scale(headDim, 0, 0));
                    arguments.set(LONG, entry + 24, 4L * (j % TOKENS));
                }
                arguments.set(LONG, entry, address);
                arguments.set(LONG, entry + 8, end - j);
                j = end;
            }
            return runs;
        }

        /** Groups whose items do not all see the whole tile: first and last keys item by item, the others together. */
        private void addVisibleValues(int tile) {
            int item = 0;
            for (int g = 0; g < sizes.length; g++) {
                for (; count - item >= sizes[g]; item += sizes[g]) {
                    int last = item + sizes[g] - 1;
                    int from = Math.max(tile, firstKey(last));
                    int to = Math.min(tile + TILE, endKey(item));
                    if (from >= to) {
                        from = to = tile + TILE; // no key is seen by all
                    }
                    addSeparately(item, last, tile, tile, from);
                    if (from < to) {
                        addValues(g, item, 1, runs(tile, from, to), from - tile);
                    }
                    addSeparately(item, last, tile, to, tile + TILE);
                }
            }
        }

        private void addSeparately(int item, int last, int tile, int from, int to) {
            for (int i = item; i <= last && from < to; i++) {
                int itemFrom = Math.max(from, firstKey(i));
                int itemTo = Math.min(to, endKey(i));
                if (itemFrom < itemTo) {
                    addValues(sizes.length - 1, i, 1, runs(tile, itemFrom, itemTo), itemFrom - tile);
                }
            }
        }

        /** Weights from {@code from} on times the runs that were written, for groups of items from {@code item} on. */
        private void addValues(int g, int item, int groups, int runs, int from) {
            if (groups == 0) {
                return;
            }
            arguments.set(LONG, AttentionCode.KEYS, runs);
            long weights = 4L * (TILE * item + from);
            long to = valuesAt + 4L * headDim * item;
            int steps = headDim / codes.featuresTogether[g];
            if (steps > 0) {
                operands(0, weights, to, groups);
                arguments.set(LONG, AttentionCode.FEATURES, steps);
                codes.values[g].call(arguments, pinned, scores, state);
            }
            int done = steps * codes.featuresTogether[g];
            if (done < headDim) {
                operands(4L * done, weights, to + 4L * done, groups * sizes[g]);
                arguments.set(LONG, AttentionCode.FEATURES, (headDim - done) / Lanes.COUNT);
                code.lastValues.call(arguments, pinned, scores, state);
            }
        }
    }
}
