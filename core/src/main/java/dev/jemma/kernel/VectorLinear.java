package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/**
 * {@link Kernels#linear} over packed matrices: packs the activations once, cuts (matrix, rows, tokens) into chunks, and
 * runs the micro-kernels. One token streams the weights through {@link Gemv}; several tokens share the decoded tile of
 * {@link TileDecoder} through {@link Gemm}. Scratch memory belongs to threads and is reused.
 */
final class VectorLinear {
    private static final int ROWS = PanelLayout.ROWS;
    private static final int L = VectorMath.L;
    /** Columns of a decoded tile: two panels of it fit the first-level cache. A multiple of every block. */
    private static final int TILE_COLS = TileDecoder.COLS;
    /** Panels decoded together: 2 beside several tokens, 4 beside one. */
    private static final int TILE_PANELS = 4;

    private static final int TILE = TILE_COLS * ROWS;
    private static final int TILE_SCALES = TILE_COLS / 16 * ROWS;
    /** Tokens whose sums a chunk keeps. */
    private static final int TOKENS_PER_CHUNK = 128;
    /** Tokens packed at a time, so that scratch memory does not grow with the batch. */
    private static final int TOKENS_PER_PASS = 512;
    /** Columns of scales that one token keeps decoded. */
    private static final int TOKEN_COLS = 2048;

    /** Bytes of packed panels that are brought to the cache before they are multiplied. */
    private static final int TOUCHED_BYTES = 64 * 1024;

    private static final int TOUCHING_TOKENS = 16;

    private static final long MULTIPLICATIONS_PER_CHUNK = 1 << 20;
    private static final long WEIGHTS_PER_CHUNK = 1 << 19;

    /** A caller's packed activations. */
    private static final class Inputs {
        final PackedTokens floats = new PackedTokens(false);
        final PackedTokens int8 = new PackedTokens(true);
    }

    /** A thread's tile, scales and sums. */
    private static final class Scratch {
        final float[] tile = new float[TILE_PANELS * TILE];
        final TileDecoder.Scratch decoder = new TileDecoder.Scratch(TOKEN_COLS);
        /** The codes of {@link #TOKEN_COLS} columns of a panel: vectors from arrays cost fewer checks than from memory. */
        final int[] codes = new int[TOKEN_COLS * ROWS / Integer.BYTES];

        final float[] acc = new float[2 * ROWS * TOKENS_PER_CHUNK];
        /** Keeps the reads of {@link Gemv#touch} from being optimised away. */
        final int[] touched = new int[1];
    }

    private static final ThreadLocal<Inputs> INPUTS = ThreadLocal.withInitial(Inputs::new);
    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private VectorLinear() {}

    private static boolean int8(Matrix w, Precision precision) {
        return precision == Precision.FAST && CodeRow.has(w.type());
    }

    static void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        Shapes.linear(x, weights, outputs);
        boolean anyInt8 = false;
        boolean anyFloat = false;
        for (int i = 0; i < weights.size(); i++) {
            Matrix w = weights.get(i);
            if (!(w instanceof PackedMatrix) && !(w instanceof ScalarMatrix)) {
                throw new IllegalArgumentException("weight " + i + " was packed by another provider");
            }
            anyInt8 |= int8(w, precision);
            anyFloat |= !int8(w, precision);
        }
        Inputs inputs = INPUTS.get();
        for (int from = 0; from < x.rows(); from += TOKENS_PER_PASS) {
            int to = Math.min(x.rows(), from + TOKENS_PER_PASS);
            if (anyInt8) {
                inputs.int8.pack(workers, x, from, to);
                makeFactors(inputs.int8, weights, precision, to - from);
            }
            if (anyFloat) {
                inputs.floats.pack(workers, x, from, to);
            }
            Pass pass = new Pass(inputs, weights, outputs, precision, from, to - from);
            workers.run(pass.chunks(), pass);
        }
    }

    /** A single token meets codes as factors. */
    private static void makeFactors(PackedTokens x, List<Matrix> weights, Precision precision, int tokens) {
        for (int i = 0; tokens == 1 && i < weights.size(); i++) {
            if (weights.get(i) instanceof PackedMatrix packed && int8(packed, precision)) {
                x.factors.make(packed.layout().codeBits, x.values, x.cols);
            }
        }
    }

    /** The chunks of one pass over all matrices. */
    private record Pass(
            Inputs inputs, List<Matrix> weights, List<Tensor> outputs, Precision precision, int firstToken, int tokens)
            implements Workers.Chunk {

        /** Panels of a chunk of matrix {@code i}; an even number, or a multiple of 4 for one token. */
        private int panelsPerChunk(int i) {
            long cols = Math.max(1, weights.get(i).cols());
            long panels = tokens == 1
                    ? WEIGHTS_PER_CHUNK / (ROWS * cols)
                    : MULTIPLICATIONS_PER_CHUNK / (ROWS * cols * Math.min(tokens, TOKENS_PER_CHUNK));
            int unit = tokens == 1 ? TILE_PANELS : 2;
            return (int) Math.max(unit, panels / unit * unit);
        }

        private int panels(int i) {
            return Math.ceilDiv(weights.get(i).rows(), ROWS);
        }

        private int panelChunks(int i) {
            return Math.ceilDiv(panels(i), panelsPerChunk(i));
        }

        private int tokenChunks() {
            return Math.ceilDiv(tokens, TOKENS_PER_CHUNK);
        }

        int chunks() {
            int chunks = 0;
            for (int i = 0; i < weights.size(); i++) {
                chunks += panelChunks(i) * tokenChunks();
            }
            return chunks;
        }

        @Override
        public void run(int chunk, int worker) {
            int i = 0;
            int rest = chunk;
            while (rest >= panelChunks(i) * tokenChunks()) {
                rest -= panelChunks(i) * tokenChunks();
                i++;
            }
            int first = rest / tokenChunks() * panelsPerChunk(i);
            int end = Math.min(panels(i), first + panelsPerChunk(i));
            Scratch scratch = SCRATCH.get();
            Matrix w = weights.get(i);
            if (tokens > 1) {
                int token = rest % tokenChunks() * TOKENS_PER_CHUNK;
                int count = Math.min(TOKENS_PER_CHUNK, tokens - token);
                for (int panel = first; panel < end; panel += 2) {
                    touch(w, panel, first, end, scratch);
                    manyTokens(w, panel, Math.min(2, end - panel), token, count, scratch);
                    store(outputs.get(i), panel, Math.min(2, end - panel), token, count, scratch.acc);
                }
            } else if (int8(w, precision) && w instanceof PackedMatrix packed) {
                for (int panel = first; panel < end; panel++) {
                    touch(packed, panel, first, end, scratch);
                    Arrays.fill(scratch.acc, 0, ROWS, 0f);
                    oneTokenInt8(packed, panel, scratch);
                    storeRow(outputs.get(i), firstToken, panel, scratch.acc, 0);
                }
            } else {
                for (int panel = first; panel < end; panel += TILE_PANELS) {
                    touch(w, panel, first, end, scratch);
                    int count = Math.min(TILE_PANELS, end - panel);
                    oneTokenExact(w, panel, count, scratch);
                    for (int p = 0; p < count; p++) {
                        storeRow(outputs.get(i), firstToken, panel + p, scratch.acc, ROWS * p);
                    }
                }
            }
        }

        /** Brings the next panels to the cache, some at a time; for many tokens that would not pay. */
        private void touch(Matrix w, int panel, int first, int end, Scratch scratch) {
            if (tokens > TOUCHING_TOKENS || !(w instanceof PackedMatrix packed)) {
                return;
            }
            int unit = tokens == 1 && int8(w, precision) ? 1 : TILE_PANELS;
            int together = Math.max(unit, TOUCHED_BYTES / packed.layout().panelBytes / unit * unit);
            if ((panel - first) % together == 0) {
                int panels = Math.min(together, end - panel);
                scratch.touched[0] += Gemv.touch(packed.data(), packed.panel(panel), packed.panel(panels));
            }
        }

        private void oneTokenInt8(PackedMatrix w, int panel, Scratch scratch) {
            PanelLayout layout = w.layout();
            PackedTokens x = inputs.int8;
            for (int k0 = 0; k0 < layout.cols; k0 += TOKEN_COLS) {
                int k1 = Math.min(layout.cols, k0 + TOKEN_COLS);
                int block0 = k0 / PanelLayout.BLOCK;
                int blocks = (k1 - k0) / PanelLayout.BLOCK;
                long at = w.panel(panel) + (long) block0 * layout.blockBytes;
                boolean hasMin = CodeRow.hasMin(layout.type);
                int words = blocks * layout.blockBytes / Integer.BYTES;
                MemorySegment.copy(w.data(), ValueLayout.JAVA_INT, at, scratch.codes, 0, words);
                TileDecoder.scales(w, panel, k0, k1, scratch.decoder, 0);
                int[] factors = x.factors.of(layout.codeBits);
                float[] scales = scratch.decoder.scales;
                float[] mins = scratch.decoder.mins;
                float[] acc = scratch.acc;
                int offset = layout.codeOffset;
                switch (layout.codeBits) {
                    case 8 -> Gemv.codes8(scratch.codes, blocks, factors, x.scale, x.sum, block0, scales, acc);
                    case 4 ->
                        Gemv.codes4(
                                scratch.codes,
                                blocks,
                                offset,
                                hasMin,
                                factors,
                                x.scale,
                                x.sum,
                                block0,
                                scales,
                                mins,
                                acc);
                    case 5 -> {
                        int[] starts = x.factors.starts(5);
                        Gemv.codes5(
                                scratch.codes,
                                blocks,
                                offset,
                                hasMin,
                                factors,
                                starts,
                                x.scale,
                                x.sum,
                                block0,
                                scales,
                                mins,
                                acc);
                    }
                    default -> {
                        int[] starts = x.factors.starts(6);
                        Gemv.codes6(scratch.codes, blocks, factors, starts, x.scale, block0, scales, acc);
                    }
                }
            }
        }

        private void oneTokenExact(Matrix w, int panel, int count, Scratch scratch) {
            float[] acc = scratch.acc;
            Arrays.fill(acc, 0, TILE_PANELS * ROWS, 0f);
            for (int k0 = 0; k0 < w.cols(); k0 += TILE_COLS) {
                int k1 = Math.min(w.cols(), k0 + TILE_COLS);
                for (int p = 0; p < count; p++) {
                    decodeValues(w, panel + p, k0, k1, p, scratch);
                }
                for (int h = 0; h < ROWS; h += L) {
                    Gemm.exact1x4(inputs.floats.values, k0, scratch.tile, h, TILE, k1 - k0, acc, h);
                }
            }
        }

        private static void decodeValues(Matrix w, int panel, int k0, int k1, int slot, Scratch scratch) {
            if (w instanceof PackedMatrix packed) {
                TileDecoder.values(packed, panel, k0, k1, scratch.tile, slot * TILE, scratch.decoder);
            } else if (w instanceof ScalarMatrix raw) {
                TileDecoder.values(raw, panel, k0, k1, scratch.tile, slot * TILE, scratch.decoder.row);
            }
        }

        /** Sums of {@code panels} panels (1 or 2) × {@code count} tokens to acc [group of 4 tokens][2 panels][4][16]. */
        private void manyTokens(Matrix w, int panel, int panels, int token, int count, Scratch scratch) {
            int groups = Math.ceilDiv(count, Gemm.TOKENS);
            int firstGroup = token / Gemm.TOKENS;
            Arrays.fill(scratch.acc, 0, groups * 2 * Gemm.TOKENS * ROWS, 0f);
            boolean int8 = int8(w, precision);
            for (int k0 = 0; k0 < w.cols(); k0 += TILE_COLS) {
                int k1 = Math.min(w.cols(), k0 + TILE_COLS);
                for (int p = 0; p < panels; p++) {
                    if (int8 && w instanceof PackedMatrix packed) {
                        TileDecoder.codes(packed, panel + p, k0, k1, scratch.tile, p * TILE, scratch.decoder);
                        TileDecoder.scales(packed, panel + p, k0, k1, scratch.decoder, p * TILE_SCALES);
                    } else {
                        decodeValues(w, panel + p, k0, k1, p, scratch);
                    }
                }
                if (L == ROWS) {
                    // the second vector is the second panel; without one the first is computed twice and dropped
                    int second = panels - 1;
                    Pair pair = new Pair(0, second * TILE, 0, second * TILE_SCALES, 0, Gemm.TOKENS * ROWS);
                    multiply(w, int8, pair, k0, k1, firstGroup, groups, scratch);
                } else {
                    for (int p = 0; p < panels; p++) {
                        for (int h = 0; h < ROWS; h += 2 * L) {
                            int weight = p * TILE + h;
                            int scale = p * TILE_SCALES + h;
                            int acc = p * Gemm.TOKENS * ROWS + h;
                            Pair pair = new Pair(weight, weight + L, scale, scale + L, acc, acc + L);
                            multiply(w, int8, pair, k0, k1, firstGroup, groups, scratch);
                        }
                    }
                }
            }
        }

        /** Columns k0 … k1 − 1 of two vectors of rows times all tokens of the chunk. */
        private void multiply(
                Matrix w, boolean int8, Pair pair, int k0, int k1, int firstGroup, int groups, Scratch scratch) {
            PackedTokens x = int8 ? inputs.int8 : inputs.floats;
            int size = CodeRow.groupSize(w.type());
            for (int g = 0; g < groups; g++) {
                int xAt = x.groupOffset(firstGroup + g) + Gemm.TOKENS * k0;
                int acc = g * 2 * Gemm.TOKENS * ROWS;
                int acc0 = acc + pair.acc0;
                int acc1 = acc + pair.acc1;
                if (!int8) {
                    Gemm.exact4x2(x.values, xAt, scratch.tile, pair.w0, pair.w1, k1 - k0, scratch.acc, acc0, acc1);
                    continue;
                }
                int dAt = x.scaleOffset(firstGroup + g) + Gemm.TOKENS * (k0 / PanelLayout.BLOCK);
                Gemm.groups4x2(
                        x.values,
                        xAt,
                        scratch.tile,
                        pair.w0,
                        pair.w1,
                        (k1 - k0) / size,
                        size,
                        scratch.decoder.scales,
                        scratch.decoder.mins,
                        CodeRow.hasMin(w.type()),
                        pair.s0,
                        pair.s1,
                        x.scale,
                        x.scaledSum,
                        dAt,
                        scratch.acc,
                        acc0,
                        acc1);
            }
        }

        private void store(Tensor y, int panel, int panels, int token, int count, float[] acc) {
            for (int t = 0; t < count; t++) {
                for (int p = 0; p < panels; p++) {
                    int at = (t / Gemm.TOKENS * 2 + p) * Gemm.TOKENS * ROWS + t % Gemm.TOKENS * ROWS;
                    storeRow(y, firstToken + token + t, panel + p, acc, at);
                }
            }
        }
    }

    /** Where the two vectors of a micro-kernel begin: in the tile, in the scales, in the sums. */
    private record Pair(int w0, int w1, int s0, int s1, int acc0, int acc1) {}

    private static void storeRow(Tensor y, int token, int panel, float[] acc, int at) {
        int n = panel * ROWS;
        long to = y.offset(token, n);
        if (y.cols() - n >= ROWS) {
            for (int h = 0; h < ROWS; h += L) {
                FloatVector.fromArray(VectorMath.F, acc, at + h)
                        .intoMemorySegment(y.data(), to + 4L * h, VectorMath.LE);
            }
        } else {
            for (int i = 0; i < y.cols() - n; i++) {
                y.data().set(ValueLayout.JAVA_FLOAT, to + 4L * i, acc[at + i]);
            }
        }
    }
}
