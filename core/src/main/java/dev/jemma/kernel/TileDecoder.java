package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.I;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.loadInts;
import static dev.jemma.kernel.VectorMath.toFloat;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.jemma.quant.Quants;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Expands a stretch of a panel to floats [k][16] that the micro-kernels of {@link Gemm} read: integer-valued codes for
 * the int8 arithmetic, exact values for the float arithmetic; and the scales of its groups to [group][16].
 */
final class TileDecoder {
    private static final int ROWS = PanelLayout.ROWS;
    private static final long LINE = PanelLayout.LINE;
    private static final int BLOCK = PanelLayout.BLOCK;
    private static final int NIBBLES = 0x0f0f0f0f;

    private TileDecoder() {}

    /** Exact values of columns {@code k0} … {@code k1} − 1 of a panel to {@code tile[at] …}; uses {@code scales}. */
    static void values(PackedMatrix w, int panel, int k0, int k1, float[] tile, int at, float[] scales, float[] mins) {
        PanelLayout layout = w.layout();
        long base = w.panel(panel);
        switch (layout.type) {
            case F32 -> floats(w.data(), base, k0, k1, tile, at);
            case F16 -> halves(w.data(), base, k0, k1, tile, at);
            case BF16 -> brainHalves(w.data(), base, k0, k1, tile, at);
            default -> {
                codes(w, panel, k0, k1, tile, at);
                scales(w, panel, k0, k1, scales, mins, 0);
                scale(tile, at, (k1 - k0) / layout.groupSize, layout.groupSize, scales);
                if (CodeRow.hasMin(layout.type)) {
                    subtract(tile, at, (k1 - k0) / layout.groupSize, layout.groupSize, mins);
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

    private static void floats(MemorySegment data, long base, int k0, int k1, float[] tile, int at) {
        for (int i = 0; i < (k1 - k0) * ROWS; i += L) {
            VectorMath.load(data, base + 4L * ROWS * k0 + 4L * i).intoArray(tile, at + i);
        }
    }

    private static void halves(MemorySegment data, long base, int k0, int k1, float[] tile, int at) {
        for (int i = 0; i < (k1 - k0) * ROWS; i += L) {
            VectorMath.loadHalves(data, base + 2L * ROWS * k0 + 2L * i).intoArray(tile, at + i);
        }
    }

    private static void brainHalves(MemorySegment data, long base, int k0, int k1, float[] tile, int at) {
        for (int i = 0; i < (k1 - k0) * ROWS; i += L) {
            VectorMath.loadBrainHalves(data, base + 2L * ROWS * k0 + 2L * i).intoArray(tile, at + i);
        }
    }

    private static void scale(float[] tile, int at, int groups, int size, float[] scales) {
        for (int g = 0; g < groups; g++) {
            for (int h = 0; h < ROWS; h += L) {
                FloatVector s = FloatVector.fromArray(VectorMath.F, scales, g * ROWS + h);
                for (int k = g * size; k < (g + 1) * size; k++) {
                    int i = at + k * ROWS + h;
                    FloatVector.fromArray(VectorMath.F, tile, i).mul(s).intoArray(tile, i);
                }
            }
        }
    }

    private static void subtract(float[] tile, int at, int groups, int size, float[] mins) {
        for (int g = 0; g < groups; g++) {
            for (int h = 0; h < ROWS; h += L) {
                FloatVector m = FloatVector.fromArray(VectorMath.F, mins, g * ROWS + h);
                for (int k = g * size; k < (g + 1) * size; k++) {
                    int i = at + k * ROWS + h;
                    FloatVector.fromArray(VectorMath.F, tile, i).sub(m).intoArray(tile, i);
                }
            }
        }
    }

    /** Codes of columns {@code k0} … {@code k1} − 1 (multiples of 32) as floats. */
    static void codes(PackedMatrix w, int panel, int k0, int k1, float[] tile, int at) {
        PanelLayout layout = w.layout();
        long base = w.panel(panel);
        for (int k = k0; k < k1; k += BLOCK) {
            long block = base + (long) (k / BLOCK) * layout.blockBytes;
            int to = at + (k - k0) * ROWS;
            for (int h = 0; h < ROWS; h += L) {
                switch (layout.codeBits) {
                    case 8 -> codes8(w.data(), block + 4L * h, tile, to + h);
                    case 4 -> codes4(w.data(), block + 4L * h, layout.codeOffset, tile, to + h);
                    case 5 -> codes5(w.data(), block + 4L * h, layout.codeOffset, tile, to + h);
                    default -> codes6(w.data(), block + 4L * h, layout.codeOffset, tile, to + h);
                }
            }
        }
    }

    private static void codes8(MemorySegment data, long at, float[] tile, int to) {
        for (int j = 0; j < 8; j++) {
            IntVector v = loadInts(data, at + j * LINE);
            int i = to + 4 * ROWS * j;
            toFloat(v.lanewise(LSHL, 24).lanewise(ASHR, 24)).intoArray(tile, i);
            toFloat(v.lanewise(LSHL, 16).lanewise(ASHR, 24)).intoArray(tile, i + ROWS);
            toFloat(v.lanewise(LSHL, 8).lanewise(ASHR, 24)).intoArray(tile, i + 2 * ROWS);
            toFloat(v.lanewise(ASHR, 24)).intoArray(tile, i + 3 * ROWS);
        }
    }

    private static void codes4(MemorySegment data, long at, int offset, float[] tile, int to) {
        for (int j = 0; j < 4; j++) {
            IntVector v = loadInts(data, at + j * LINE);
            quad(v.and(NIBBLES), offset, tile, to + 8 * ROWS * j);
            quad(v.lanewise(LSHR, 4).and(NIBBLES), offset, tile, to + 8 * ROWS * j + 4 * ROWS);
        }
    }

    private static void codes5(MemorySegment data, long at, int offset, float[] tile, int to) {
        IntVector high = loadInts(data, at + 4 * LINE);
        for (int j = 0; j < 4; j++) {
            IntVector v = loadInts(data, at + j * LINE);
            IntVector a = fifthBits(high, 2 * j);
            IntVector b = fifthBits(high, 2 * j + 1);
            quad(v.and(NIBBLES).or(a), offset, tile, to + 8 * ROWS * j);
            quad(v.lanewise(LSHR, 4).and(NIBBLES).or(b), offset, tile, to + 8 * ROWS * j + 4 * ROWS);
        }
    }

    /** Bit {@code quad} of every byte, where it belongs in a code. */
    static IntVector fifthBits(IntVector high, int quad) {
        return high.lanewise(LSHR, quad).and(0x01010101).lanewise(LSHL, 4);
    }

    private static void codes6(MemorySegment data, long at, int offset, float[] tile, int to) {
        for (int j = 0; j < 4; j++) {
            IntVector v = loadInts(data, at + j * LINE);
            IntVector high = loadInts(data, at + (4 + j / 2) * LINE);
            IntVector a = topBits(high, 4 * (j & 1));
            IntVector b = topBits(high, 4 * (j & 1) + 2);
            quad(v.and(NIBBLES).or(a), offset, tile, to + 8 * ROWS * j);
            quad(v.lanewise(LSHR, 4).and(NIBBLES).or(b), offset, tile, to + 8 * ROWS * j + 4 * ROWS);
        }
    }

    /** Two bits of every byte from bit {@code shift} on, where they belong in a code. */
    static IntVector topBits(IntVector high, int shift) {
        return high.lanewise(LSHR, shift).and(0x03030303).lanewise(LSHL, 4);
    }

    /** The four bytes of every lane, less the offset, to four consecutive columns. */
    private static void quad(IntVector u, int offset, float[] tile, int to) {
        IntVector o = IntVector.broadcast(I, offset);
        toFloat(u.and(255).sub(o)).intoArray(tile, to);
        toFloat(u.lanewise(LSHR, 8).and(255).sub(o)).intoArray(tile, to + ROWS);
        toFloat(u.lanewise(LSHR, 16).and(255).sub(o)).intoArray(tile, to + 2 * ROWS);
        toFloat(u.lanewise(LSHR, 24).sub(o)).intoArray(tile, to + 3 * ROWS);
    }

    /** Scales and minima of the groups of columns {@code k0} … {@code k1} − 1, from {@code [at]} on; k0 a multiple of 32. */
    static void scales(PackedMatrix w, int panel, int k0, int k1, float[] scales, float[] mins, int at) {
        PanelLayout layout = w.layout();
        long base = w.panel(panel);
        int first = k0 / layout.groupSize;
        int count = (k1 - k0) / layout.groupSize;
        if (layout.groupsPerScale == 1) {
            for (int i = 0; i < count * ROWS; i += L) {
                VectorMath.loadHalves(w.data(), base + layout.scaleAt + 2L * (ROWS * first + i))
                        .intoArray(scales, at + i);
            }
            return;
        }
        factored(w.data(), base + layout.scaleAt, base + layout.groupScaleAt, layout, first, count, scales, at);
        if (CodeRow.hasMin(layout.type)) {
            factored(w.data(), base + layout.minScaleAt, base + layout.groupMinAt, layout, first, count, mins, at);
        }
    }

    private static void factored(
            MemorySegment data,
            long scaleAt,
            long factorAt,
            PanelLayout layout,
            int first,
            int count,
            float[] to,
            int at) {
        for (int i = 0; i < count; i++) {
            int g = first + i;
            long scaleLine = scaleAt + 2L * ROWS * (g / layout.groupsPerScale);
            long factorLine = factorAt + LINE * (g / 4);
            for (int h = 0; h < ROWS; h += L) {
                FloatVector d = VectorMath.loadHalves(data, scaleLine + 2L * h);
                IntVector factor = loadInts(data, factorLine + 4L * h)
                        .lanewise(LSHL, 24 - 8 * (g & 3))
                        .lanewise(ASHR, 24);
                d.mul(toFloat(factor)).intoArray(to, at + i * ROWS + h);
            }
        }
    }
}
