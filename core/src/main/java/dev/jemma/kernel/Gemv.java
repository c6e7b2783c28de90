package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.I;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.loadInts;
import static dev.jemma.kernel.VectorMath.toFloat;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * One panel times one token, int8 arithmetic: codes go from memory to registers, become floats (or 16-bit integers,
 * where sums fit them) and are multiplied at once, so each packed byte is read once and nothing is written but 16 sums.
 * Within a group sums are exact, so several of them run side by side. The offset of unsigned codes is the start value −offset·Σxq.
 */
final class Gemv {
    private static final int ROWS = PanelLayout.ROWS;
    private static final long LINE = PanelLayout.LINE;
    private static final int BLOCK = PanelLayout.BLOCK;
    private static final int NIBBLES = 0x0f0f0f0f;
    private static final int NIBBLE_PAIR = 0x000f000f;
    private static final int BYTE_PAIR = 0x00ff00ff;

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

    /** 8-bit codes; {@code x} [k], {@code dx} [block], {@code s} [block][16], {@code acc} [16]. */
    static void codes8(
            MemorySegment w, long at, int blocks, float[] x, float[] dx, int block0, float[] s, float[] acc) {
        for (int b = 0; b < blocks; b++) {
            for (int h = 0; h < ROWS; h += L) {
                long line = at + 8 * LINE * b + 4L * h;
                FloatVector s0 = FloatVector.zero(F);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                for (int j = 0; j < 8; j++) {
                    IntVector v = loadInts(w, line + j * LINE);
                    int k = BLOCK * (block0 + b) + 4 * j;
                    s0 = toFloat(v.lanewise(LSHL, 24).lanewise(ASHR, 24)).fma(FloatVector.broadcast(F, x[k]), s0);
                    s1 = toFloat(v.lanewise(LSHL, 16).lanewise(ASHR, 24)).fma(FloatVector.broadcast(F, x[k + 1]), s1);
                    s2 = toFloat(v.lanewise(LSHL, 8).lanewise(ASHR, 24)).fma(FloatVector.broadcast(F, x[k + 2]), s2);
                    s3 = toFloat(v.lanewise(ASHR, 24)).fma(FloatVector.broadcast(F, x[k + 3]), s3);
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                Gemm.add(s0.add(s1).add(s2.add(s3)), scale, dx[block0 + b], acc, h);
            }
        }
    }

    /**
     * 4-bit codes in groups of 32; {@code m} [block][16] is read only if {@code hasMin}. Products of a code and a rounded
     * activation are small enough for a group's sums in 16 bits, two to a lane: 15·127·8 each.
     */
    static void codes4(
            MemorySegment w,
            long at,
            int blocks,
            int offset,
            boolean hasMin,
            int[] pairs,
            float[] dx,
            float[] sum,
            int block0,
            float[] s,
            float[] m,
            float[] acc) {
        for (int b = 0; b < blocks; b++) {
            int block = block0 + b;
            for (int h = 0; h < ROWS; h += L) {
                long line = at + 4 * LINE * b + 4L * h;
                ShortVector s0 = IntVector.zero(I).reinterpretAsShorts();
                ShortVector s1 = s0;
                for (int j = 0; j < 4; j++) {
                    IntVector v = loadInts(w, line + j * LINE);
                    int i = BLOCK / 2 * block + 4 * j;
                    s0 = s0.add(nibblePairs(v).mul(broadcastPairs(pairs[i])));
                    s1 = s1.add(nibblePairs(v.lanewise(LSHR, 8)).mul(broadcastPairs(pairs[i + 1])));
                    s0 = s0.add(nibblePairs(v.lanewise(LSHR, 4)).mul(broadcastPairs(pairs[i + 2])));
                    s1 = s1.add(nibblePairs(v.lanewise(LSHR, 12)).mul(broadcastPairs(pairs[i + 3])));
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                Gemm.add(toFloat(total(s0.add(s1))).add(-offset * sum[block]), scale, dx[block], acc, h);
                if (hasMin) {
                    FloatVector min = FloatVector.fromArray(F, m, b * ROWS + h).neg();
                    float scaledSum = dx[block] * sum[block];
                    min.fma(FloatVector.broadcast(F, scaledSum), FloatVector.fromArray(F, acc, h))
                            .intoArray(acc, h);
                }
            }
        }
    }

    /** 5-bit codes in groups of 32; {@code m} [block][16] is read only if {@code hasMin}. */
    static void codes5(
            MemorySegment w,
            long at,
            int blocks,
            int offset,
            boolean hasMin,
            float[] codes,
            float[] dx,
            float[] sum,
            int block0,
            float[] s,
            float[] m,
            float[] acc) {
        for (int b = 0; b < blocks; b++) {
            int block = block0 + b;
            for (int h = 0; h < ROWS; h += L) {
                long line = at + 5 * LINE * b + 4L * h;
                IntVector high = loadInts(w, line + 4 * LINE);
                FloatVector s0 = FloatVector.broadcast(F, -offset * sum[block]);
                FloatVector s1 = FloatVector.zero(F);
                FloatVector s2 = s1;
                FloatVector s3 = s1;
                for (int j = 0; j < 8; j++) {
                    IntVector u = nibbles(w, line, j).or(TileDecoder.fifthBits(high, j));
                    int k = BLOCK * block + 4 * j;
                    s0 = toFloat(u.and(255)).fma(FloatVector.broadcast(F, codes[k]), s0);
                    s1 = toFloat(u.lanewise(LSHR, 8).and(255)).fma(FloatVector.broadcast(F, codes[k + 1]), s1);
                    s2 = toFloat(u.lanewise(LSHR, 16).and(255)).fma(FloatVector.broadcast(F, codes[k + 2]), s2);
                    s3 = toFloat(u.lanewise(LSHR, 24)).fma(FloatVector.broadcast(F, codes[k + 3]), s3);
                }
                FloatVector scale = FloatVector.fromArray(F, s, b * ROWS + h);
                Gemm.add(s0.add(s1).add(s2.add(s3)), scale, dx[block], acc, h);
                if (hasMin) {
                    FloatVector min = FloatVector.fromArray(F, m, b * ROWS + h).neg();
                    float scaledSum = dx[block] * sum[block];
                    min.fma(FloatVector.broadcast(F, scaledSum), FloatVector.fromArray(F, acc, h))
                            .intoArray(acc, h);
                }
            }
        }
    }

    /** 6-bit codes in groups of 16; {@code s} [group][16]. Signed codes let sums fit 16 bits: 32·127·8. */
    static void codes6(
            MemorySegment w,
            long at,
            int blocks,
            int offset,
            int[] pairs,
            float[] dx,
            int block0,
            float[] s,
            float[] acc) {
        for (int g = 0; g < 2 * blocks; g++) {
            int group = 2 * block0 + g;
            for (int h = 0; h < ROWS; h += L) {
                long line = at + 6 * LINE * (g / 2) + 4L * h;
                IntVector high = loadInts(w, line + (4 + (g & 1)) * LINE);
                ShortVector s0 = IntVector.zero(I).reinterpretAsShorts();
                ShortVector s1 = s0;
                for (int j = 0; j < 4; j++) {
                    IntVector u = nibbles(w, line, 4 * (g & 1) + j).or(TileDecoder.topBits(high, 2 * j));
                    int i = 8 * group + 2 * j;
                    s0 = s0.add(signedPairs(u, offset).mul(broadcastPairs(pairs[i])));
                    s1 = s1.add(signedPairs(u.lanewise(LSHR, 8), offset).mul(broadcastPairs(pairs[i + 1])));
                }
                FloatVector scale = FloatVector.fromArray(F, s, g * ROWS + h);
                Gemm.add(toFloat(total(s0.add(s1))), scale, dx[group / 2], acc, h);
            }
        }
    }

    /** The lowest nibbles of both halves of every lane. */
    private static ShortVector nibblePairs(IntVector v) {
        return v.and(NIBBLE_PAIR).reinterpretAsShorts();
    }

    /** The lowest bytes of both halves of every lane, less {@code offset}. */
    private static ShortVector signedPairs(IntVector v, int offset) {
        return v.and(BYTE_PAIR).reinterpretAsShorts().sub((short) offset);
    }

    /** The sum of both halves of every lane. */
    private static IntVector total(ShortVector pairs) {
        IntVector both = pairs.reinterpretAsInts();
        return both.lanewise(LSHL, 16).lanewise(ASHR, 16).add(both.lanewise(ASHR, 16));
    }

    private static ShortVector broadcastPairs(int pair) {
        return IntVector.broadcast(I, pair).reinterpretAsShorts();
    }

    /** Four nibbles of every lane, those of elements 4j … 4j+3 of the block, as bytes. */
    private static IntVector nibbles(MemorySegment w, long block, int j) {
        return loadInts(w, block + (j >> 1) * LINE).lanewise(LSHR, 4 * (j & 1)).and(NIBBLES);
    }
}
