package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.I;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.toFloat;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.jemma.quant.Quants;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Expands a stretch of a panel to floats [k][16] that the micro-kernels of {@link Gemm} read: integer-valued codes for
 * the int8 arithmetic, exact values for the float arithmetic; and the scales of its groups to [group][16].
 */
final class TileDecoder {
    private static final int ROWS = PanelLayout.ROWS;
    private static final int BLOCK = PanelLayout.BLOCK;
    private static final int NIBBLES = 0x0f0f0f0f;

    /** Columns that are decoded at a time, at most; a multiple of every block. */
    static final int COLS = 256;

    /** A thread's memory between the steps of decoding. */
    static final class Scratch {
        final int[] lines = new int[COLS / BLOCK * 8 * ROWS];
        final short[] halves = new short[COLS * ROWS];
        final int[] quads = new int[COLS / 4 * ROWS];
        final float[] row = new float[COLS];
        final float[] blockScales;
        final float[] scales;
        /** 0 for types without minima. */
        final float[] mins;

        /** @param cols columns whose scales are kept */
        Scratch(int cols) {
            blockScales = new float[Math.ceilDiv(cols, 256) * ROWS];
            scales = new float[cols / 16 * ROWS];
            mins = new float[cols / 16 * ROWS];
        }
    }

    private TileDecoder() {}

    /** Exact values of columns {@code k0} … {@code k1} − 1 of a panel to {@code tile[at] …}. */
    static void values(PackedMatrix w, int panel, int k0, int k1, float[] tile, int at, Scratch scratch) {
        PanelLayout layout = w.layout();
        long base = w.panel(panel);
        int from = ROWS * k0;
        int count = ROWS * (k1 - k0);
        switch (layout.type) {
            case F32 -> MemorySegment.copy(w.data(), ValueLayout.JAVA_FLOAT, base + 4L * from, tile, at, count);
            case F16 -> {
                MemorySegment.copy(w.data(), ValueLayout.JAVA_SHORT, base + 2L * from, scratch.halves, 0, count);
                halves(scratch.halves, count, tile, at);
            }
            case BF16 -> {
                MemorySegment.copy(w.data(), ValueLayout.JAVA_SHORT, base + 2L * from, scratch.halves, 0, count);
                brainHalves(scratch.halves, count, tile, at);
            }
            default -> {
                scales(w, panel, k0, k1, scratch, 0);
                quads(w, base, k0, k1, scratch);
                for (int g = 0; g < (k1 - k0) / layout.groupSize; g++) {
                    int size = layout.groupSize;
                    scaled(
                            scratch.quads,
                            g * size * 4,
                            size / 4,
                            unsignedOffset(layout),
                            scratch,
                            g * ROWS,
                            tile,
                            at + g * size * ROWS);
                }
            }
        }
    }

    /** The same for a matrix that lies as in the file; {@code k0} is a multiple of 256; {@code row} holds a stretch. */
    static void values(ScalarMatrix w, int panel, int k0, int k1, float[] tile, int at, float[] row) {
        for (int lane = 0; lane < ROWS; lane++) {
            int n = Math.min(panel * ROWS + lane, w.rows() - 1);
            Quants.decode(w.type(), w.data(), n * w.rowBytes() + w.type().bytesFor(k0), row, 0, k1 - k0);
            for (int k = 0; k < k1 - k0; k++) {
                tile[at + ROWS * k + lane] = row[k];
            }
        }
    }

    /** A plain loop: the compiler has the processor's own conversion for it, which vectors cannot name. */
    static void halves(short[] halves, int count, float[] to, int at) {
        for (int i = 0; i < count; i++) {
            to[at + i] = Float.float16ToFloat(halves[i]);
        }
    }

    private static void brainHalves(short[] halves, int count, float[] to, int at) {
        for (int i = 0; i < count; i += L) {
            VectorMath.brainHalves(halves, i).intoArray(to, at + i);
        }
    }

    /** Codes of columns {@code k0} … {@code k1} − 1 (multiples of 32) as floats. */
    static void codes(PackedMatrix w, int panel, int k0, int k1, float[] tile, int at, Scratch scratch) {
        quads(w, w.panel(panel), k0, k1, scratch);
        plain(scratch.quads, (k1 - k0) / 4, unsignedOffset(w.layout()), tile, at);
    }

    /** What to subtract from the bytes that {@link #quads} makes. */
    private static int unsignedOffset(PanelLayout layout) {
        return layout.codeBits == 8 ? 128 : layout.codeOffset;
    }

    /** Brings columns {@code k0} … {@code k1} − 1 to unsigned bytes: words [quad of columns][16], four columns in each. */
    private static void quads(PackedMatrix w, long base, int k0, int k1, Scratch scratch) {
        PanelLayout layout = w.layout();
        int blocks = (k1 - k0) / BLOCK;
        int words = layout.blockBytes / 4;
        long from = base + (long) (k0 / BLOCK) * layout.blockBytes;
        MemorySegment.copy(w.data(), ValueLayout.JAVA_INT, from, scratch.lines, 0, blocks * words);
        if (layout.codeBits == 8) {
            flipSigns(scratch.lines, scratch.quads, blocks * words);
        } else {
            join(scratch.lines, scratch.quads, blocks, layout.codeBits);
        }
    }

    private static void flipSigns(int[] lines, int[] quads, int words) {
        for (int i = 0; i < words; i += L) {
            IntVector.fromArray(I, lines, i).lanewise(XOR, 0x80808080).intoArray(quads, i);
        }
    }

    /** Joins nibbles with the 0, 1 or 2 high bits of their codes. */
    private static void join(int[] lines, int[] quads, int blocks, int codeBits) {
        int highBits = codeBits - 4;
        int mask = 0x01010101 * ((1 << highBits) - 1);
        for (int line = 0; line < 4 * blocks; line++) {
            int inBlock = line % 4;
            int first = line / 4 * codeBits;
            int high = (first + (highBits == 0 ? 0 : 4 + highBits / 2 * inBlock / 2)) * ROWS;
            int shift = highBits == 1 ? 2 * inBlock : 4 * (inBlock % 2);
            for (int h = 0; h < ROWS; h += L) {
                IntVector v = IntVector.fromArray(I, lines, (first + inBlock) * ROWS + h);
                IntVector bits = IntVector.fromArray(I, lines, high + h).lanewise(LSHR, shift);
                IntVector a = bits.and(mask).lanewise(LSHL, 4);
                IntVector b = bits.lanewise(LSHR, highBits).and(mask).lanewise(LSHL, 4);
                v.and(NIBBLES).or(a).intoArray(quads, 2 * line * ROWS + h);
                v.lanewise(LSHR, 4).and(NIBBLES).or(b).intoArray(quads, (2 * line + 1) * ROWS + h);
            }
        }
    }

    /** Bit {@code quad} of every byte, where it belongs in a code. */
    static IntVector fifthBits(IntVector high, int quad) {
        return high.lanewise(LSHR, quad).and(0x01010101).lanewise(LSHL, 4);
    }

    /** Two bits of every byte from bit {@code shift} on, where they belong in a code. */
    static IntVector topBits(IntVector high, int shift) {
        return high.lanewise(LSHR, shift).and(0x03030303).lanewise(LSHL, 4);
    }

    /** Bytes less the offset to columns [4·quads][16]. */
    private static void plain(int[] words, int quads, int offset, float[] tile, int at) {
        IntVector o = IntVector.broadcast(I, offset);
        for (int quad = 0; quad < quads; quad++) {
            for (int h = 0; h < ROWS; h += L) {
                IntVector u = IntVector.fromArray(I, words, quad * ROWS + h);
                int to = at + 4 * quad * ROWS + h;
                for (int b = 0; b < 4; b++) {
                    toFloat(u.lanewise(LSHR, 8 * b).and(255).sub(o)).intoArray(tile, to + b * ROWS);
                }
            }
        }
    }

    /** The same for one group, times its scale, less its minimum (0 where the type has none). */
    private static void scaled(
            int[] words, int from, int quads, int offset, Scratch scratch, int scaleAt, float[] tile, int at) {
        IntVector o = IntVector.broadcast(I, offset);
        for (int h = 0; h < ROWS; h += L) {
            FloatVector s = FloatVector.fromArray(VectorMath.F, scratch.scales, scaleAt + h);
            FloatVector m = FloatVector.fromArray(VectorMath.F, scratch.mins, scaleAt + h);
            for (int quad = 0; quad < quads; quad++) {
                IntVector u = IntVector.fromArray(I, words, from + quad * ROWS + h);
                int to = at + 4 * quad * ROWS + h;
                for (int b = 0; b < 4; b++) {
                    toFloat(u.lanewise(LSHR, 8 * b).and(255).sub(o))
                            .mul(s)
                            .sub(m)
                            .intoArray(tile, to + b * ROWS);
                }
            }
        }
    }

    /** Scales and minima of the groups of columns {@code k0} … {@code k1} − 1 to the scratch, from {@code [at]} on. */
    static void scales(PackedMatrix w, int panel, int k0, int k1, Scratch scratch, int at) {
        PanelLayout layout = w.layout();
        long base = w.panel(panel);
        int first = k0 / layout.groupSize;
        int count = (k1 - k0) / layout.groupSize;
        if (!CodeRow.hasMin(layout.type)) {
            Arrays.fill(scratch.mins, at, at + count * ROWS, 0f);
        }
        if (layout.groupsPerScale == 1) {
            loadHalves(w, base + layout.scaleAt + 2L * ROWS * first, count, scratch, scratch.scales, at);
            return;
        }
        for (int kind = 0; kind < (CodeRow.hasMin(layout.type) ? 2 : 1); kind++) {
            int firstScale = first / layout.groupsPerScale;
            int scales = Math.ceilDiv(first + count, layout.groupsPerScale) - firstScale;
            long scaleAt = base + (kind == 0 ? layout.scaleAt : layout.minScaleAt);
            loadHalves(w, scaleAt + 2L * ROWS * firstScale, scales, scratch, scratch.blockScales, 0);
            int firstLine = first / 4;
            int lines = Math.ceilDiv(first + count, 4) - firstLine;
            long factors =
                    base + (kind == 0 ? layout.groupScaleAt : layout.groupMinAt) + (long) PanelLayout.LINE * firstLine;
            MemorySegment.copy(w.data(), ValueLayout.JAVA_INT, factors, scratch.lines, 0, lines * ROWS);
            multiplyFactors(layout, first, count, scratch, kind == 0 ? scratch.scales : scratch.mins, at);
        }
    }

    private static void loadHalves(PackedMatrix w, long from, int lines, Scratch scratch, float[] to, int at) {
        MemorySegment.copy(w.data(), ValueLayout.JAVA_SHORT, from, scratch.halves, 0, lines * ROWS);
        halves(scratch.halves, lines * ROWS, to, at);
    }

    /** Scales of blocks times the signed bytes of their groups' factors. */
    private static void multiplyFactors(PanelLayout layout, int first, int count, Scratch scratch, float[] to, int at) {
        for (int i = 0; i < count; i++) {
            int g = first + i;
            int scale = (g / layout.groupsPerScale - first / layout.groupsPerScale) * ROWS;
            int line = (g / 4 - first / 4) * ROWS;
            int shift = 24 - 8 * (g & 3);
            for (int h = 0; h < ROWS; h += L) {
                IntVector factor = IntVector.fromArray(I, scratch.lines, line + h)
                        .lanewise(LSHL, shift)
                        .lanewise(ASHR, 24);
                FloatVector.fromArray(VectorMath.F, scratch.blockScales, scale + h)
                        .mul(toFloat(factor))
                        .intoArray(to, at + i * ROWS + h);
            }
        }
    }
}
