package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.I;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.toFloat;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * One panel times one token, int8 arithmetic: codes go from memory to registers and are multiplied at once, so each packed
 * byte is read once and nothing is written but 16 sums. All sums of a group are those of integers that wrap around: the
 * total fits its 16 or 32 bits, so what its parts lose above does not matter.
 *
 * <p>That spares taking codes apart. A lane v of codes q0 … q3 of b bits each is shifted, not masked: with
 * v<sub>i</sub> = v &gt;&gt;&gt; b·i, q<sub>i</sub> = v<sub>i</sub> − 2<sup>b</sup>·v<sub>i+1</sub>, and
 * Σ q<sub>i</sub>·x<sub>i</sub> = v<sub>0</sub>·x<sub>0</sub> + Σ v<sub>i</sub>·(x<sub>i</sub> − 2<sup>b</sup>·x<sub>i−1</sub>).
 * The factors are made once for all panels, by {@link TokenFactors}.
 */
final class Gemv {
    private static final int ROWS = PanelLayout.ROWS;
    private static final long LINE = PanelLayout.LINE;
    private static final int NIBBLES = 0x0f0f0f0f;
    private static final int SIGNS = 0x80808080;

    private Gemv() {}

    /**
     * Reads one word of every cache line. Arithmetic leaves the processor too little room to look ahead for the next
     * lines from memory, and Java has no prefetch; a bare run of loads has many misses under way at once.
     */
    static int touch(MemorySegment w, long at, long bytes) {
        int lines = (int) (bytes / LINE);
        int sum = 0;
        for (int i = 0; i < lines; i++) {
            sum += w.get(ValueLayout.JAVA_INT, at + LINE * i);
        }
        return sum;
    }

    /** 8-bit codes; {@code x} [k], {@code dx} and {@code sum} [block], {@code s} [block][16], {@code acc} [16]. */
    static void codes8(int[] w, int blocks, int[] x, float[] dx, float[] sum, int block0, float[] s, float[] acc) {
        for (int h = 0; h < ROWS; h += L) {
            FloatVector total = FloatVector.fromArray(F, acc, h);
            for (int b = 0; b < blocks; b++) {
                int block = block0 + b;
                int line = 8 * ROWS * b + h;
                IntVector s0 = IntVector.broadcast(I, (int) (-128 * sum[block]));
                IntVector s1 = IntVector.zero(I);
                for (int j = 0; j < 8; j++) {
                    IntVector v = IntVector.fromArray(I, w, line + j * ROWS).lanewise(XOR, SIGNS);
                    int i = 32 * block + 4 * j;
                    s0 = s0.add(v.mul(x[i]));
                    s1 = s1.add(v.lanewise(LSHR, 8).mul(x[i + 1]));
                    s0 = s0.add(v.lanewise(LSHR, 16).mul(x[i + 2]));
                    s1 = s1.add(v.lanewise(LSHR, 24).mul(x[i + 3]));
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                total = toFloat(s0.add(s1)).fma(scale.mul(dx[block]), total);
            }
            total.intoArray(acc, h);
        }
    }

    /**
     * 4-bit codes in groups of 32; {@code m} [block][16] is read only if {@code hasMin}. A 16-bit half of a lane holds
     * four codes; its sum of a group is at most 15·127·16.
     */
    static void codes4(
            int[] w,
            int blocks,
            int offset,
            boolean hasMin,
            int[] x,
            float[] dx,
            float[] sum,
            int block0,
            float[] s,
            float[] m,
            float[] acc) {
        for (int h = 0; h < ROWS; h += L) {
            FloatVector total = FloatVector.fromArray(F, acc, h);
            for (int b = 0; b < blocks; b++) {
                int block = block0 + b;
                int line = 4 * ROWS * b + h;
                ShortVector s0 = IntVector.zero(I).reinterpretAsShorts();
                ShortVector s1 = s0;
                for (int j = 0; j < 4; j++) {
                    ShortVector v = IntVector.fromArray(I, w, line + j * ROWS).reinterpretAsShorts();
                    int i = 16 * block + 4 * j;
                    s0 = s0.add(v.mul(broadcastPairs(x[i])));
                    s1 = s1.add(v.lanewise(LSHR, (short) 4).mul(broadcastPairs(x[i + 1])));
                    s0 = s0.add(v.lanewise(LSHR, (short) 8).mul(broadcastPairs(x[i + 2])));
                    s1 = s1.add(v.lanewise(LSHR, (short) 12).mul(broadcastPairs(x[i + 3])));
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                FloatVector products = toFloat(halves(s0.add(s1))).add(-offset * sum[block]);
                total = products.fma(scale.mul(dx[block]), total);
                if (hasMin) {
                    FloatVector min = FloatVector.fromArray(F, m, b * ROWS + h).neg();
                    total = min.fma(FloatVector.broadcast(F, dx[block] * sum[block]), total);
                }
            }
            total.intoArray(acc, h);
        }
    }

    /**
     * 5-bit codes in groups of 32; {@code m} [block][16] is read only if {@code hasMin}. With an offset of 16, whether the
     * type has one or not, the sum of 16 codes fits its half: 16·127·16.
     */
    static void codes5(
            int[] w,
            int blocks,
            int offset,
            boolean hasMin,
            int[] x,
            int[] starts,
            float[] dx,
            float[] sum,
            int block0,
            float[] s,
            float[] m,
            float[] acc) {
        for (int h = 0; h < ROWS; h += L) {
            FloatVector total = FloatVector.fromArray(F, acc, h);
            for (int b = 0; b < blocks; b++) {
                int block = block0 + b;
                int line = 5 * ROWS * b + h;
                IntVector high = IntVector.fromArray(I, w, line + 4 * ROWS);
                ShortVector s0 = broadcastPairs(starts[2 * block]);
                ShortVector s1 = broadcastPairs(starts[2 * block + 1]);
                for (int j = 0; j < 8; j++) {
                    IntVector nibbles =
                            IntVector.fromArray(I, w, line + (j >> 1) * ROWS).lanewise(LSHR, 4 * (j & 1));
                    ShortVector v = nibbles.and(NIBBLES)
                            .or(TileDecoder.fifthBits(high, j))
                            .reinterpretAsShorts();
                    int i = 16 * block + 2 * j;
                    s0 = s0.add(v.mul(broadcastPairs(x[i])));
                    s1 = s1.add(v.lanewise(LSHR, (short) 8).mul(broadcastPairs(x[i + 1])));
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                FloatVector products = toFloat(halves(s0.add(s1))).add((16 - offset) * sum[block]);
                total = products.fma(scale.mul(dx[block]), total);
                if (hasMin) {
                    FloatVector min = FloatVector.fromArray(F, m, b * ROWS + h).neg();
                    total = min.fma(FloatVector.broadcast(F, dx[block] * sum[block]), total);
                }
            }
            total.intoArray(acc, h);
        }
    }

    /** 6-bit codes in groups of 16; {@code s} [group][16]. With their offset of 32 a half's sum fits: 32·127·8. */
    static void codes6(int[] w, int blocks, int[] x, int[] starts, float[] dx, int block0, float[] s, float[] acc) {
        for (int h = 0; h < ROWS; h += L) {
            FloatVector total = FloatVector.fromArray(F, acc, h);
            for (int g = 0; g < 2 * blocks; g++) {
                int group = 2 * block0 + g;
                int line = 6 * ROWS * (g >> 1) + h;
                int low = line + 2 * ROWS * (g & 1);
                IntVector high = IntVector.fromArray(I, w, line + (4 + (g & 1)) * ROWS);
                ShortVector s0 = broadcastPairs(starts[group]);
                ShortVector s1 = IntVector.zero(I).reinterpretAsShorts();
                for (int j = 0; j < 4; j++) {
                    IntVector nibbles =
                            IntVector.fromArray(I, w, low + (j >> 1) * ROWS).lanewise(LSHR, 4 * (j & 1));
                    ShortVector v = nibbles.and(NIBBLES)
                            .or(TileDecoder.topBits(high, 2 * j))
                            .reinterpretAsShorts();
                    int i = 8 * group + 2 * j;
                    s0 = s0.add(v.mul(broadcastPairs(x[i])));
                    s1 = s1.add(v.lanewise(LSHR, (short) 8).mul(broadcastPairs(x[i + 1])));
                }
                FloatVector scale = FloatVector.fromArray(F, s, g * ROWS + h);
                total = toFloat(halves(s0.add(s1))).fma(scale.mul(dx[group / 2]), total);
            }
            total.intoArray(acc, h);
        }
    }

    /** The sum of both halves of every lane. */
    private static IntVector halves(ShortVector pairs) {
        IntVector both = pairs.reinterpretAsInts();
        return both.lanewise(LSHL, 16).lanewise(ASHR, 16).add(both.lanewise(ASHR, 16));
    }

    private static ShortVector broadcastPairs(int pair) {
        return IntVector.broadcast(I, pair).reinterpretAsShorts();
    }
}
