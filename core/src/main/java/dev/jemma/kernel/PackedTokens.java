package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Activations as the micro-kernels read them: groups of {@link #lanes} tokens (4, or 1 for a single token), each [k]
 * [lanes], padded with zeros; rounded to int8 (codes as floats, with scale, sum and scale·sum of every block of 32 and
 * the sums of every 16) or as they are. Reused from call to call; grows, never shrinks.
 */
final class PackedTokens {
    private static final int BLOCK = Int8Rows.BLOCK;

    private static final ThreadLocal<float[]> BLOCK_CODES = ThreadLocal.withInitial(() -> new float[BLOCK]);

    private final boolean int8;
    int lanes = 1;
    int cols;
    float[] values = new float[0];
    /** [group of tokens][block][lanes]. */
    float[] scale = new float[0];

    float[] sum = new float[0];
    float[] scaledSum = new float[0];
    /** Of a single token. */
    final TokenFactors factors = new TokenFactors();

    PackedTokens(boolean int8) {
        this.int8 = int8;
    }

    /** Packs rows {@code from} … {@code to} − 1 of x. */
    void pack(Workers workers, Tensor x, int from, int to) {
        int count = to - from;
        lanes = count == 1 ? 1 : Gemm.TOKENS;
        cols = x.cols();
        int groups = Math.ceilDiv(count, lanes);
        values = grown(values, groups * lanes * cols);
        if (int8) {
            int blocks = groups * lanes * (cols / BLOCK);
            scale = grown(scale, blocks);
            sum = grown(sum, blocks);
            scaledSum = grown(scaledSum, blocks);
        }
        if (count == 1) {
            packToken(x, from, 0);
            factors.clear();
        } else {
            Split.rows(workers, groups, lanes * cols, (first, end) -> {
                for (int g = first; g < end; g++) {
                    for (int lane = 0; lane < lanes; lane++) {
                        int token = g * lanes + lane;
                        packToken(x, token < count ? from + token : -1, token);
                    }
                }
            });
        }
    }

    private static float[] grown(float[] array, int length) {
        return array.length >= length ? array : new float[length];
    }

    int groupOffset(int group) {
        return group * lanes * cols;
    }

    int scaleOffset(int group) {
        return group * lanes * (cols / BLOCK);
    }

    /** Row {@code row} of x, zeros if negative, to place {@code token}. */
    private void packToken(Tensor x, int row, int token) {
        int lane = token % lanes;
        int at = groupOffset(token / lanes) + lane;
        if (row < 0) {
            for (int k = 0; k < cols; k++) {
                values[at + lanes * k] = 0f;
            }
            if (int8) {
                for (int b = 0; b < cols / BLOCK; b++) {
                    int i = scaleOffset(token / lanes) + lanes * b + lane;
                    scale[i] = sum[i] = scaledSum[i] = 0f;
                }
            }
            return;
        }
        long from = x.offset(row, 0);
        if (!int8) {
            for (int k = 0; k < cols; k++) {
                values[at + lanes * k] = x.data().get(ValueLayout.JAVA_FLOAT, from + 4L * k);
            }
            return;
        }
        float[] codes = BLOCK_CODES.get();
        for (int b = 0; b < cols / BLOCK; b++) {
            int i = scaleOffset(token / lanes) + lanes * b + lane;
            scale[i] = round(x.data(), from + 4L * BLOCK * b, codes);
            int to = at + lanes * BLOCK * b;
            if (lanes == 1) {
                System.arraycopy(codes, 0, values, to, BLOCK);
            } else {
                for (int k = 0; k < BLOCK; k++) {
                    values[to + lanes * k] = codes[k];
                }
            }
            float first = sum(codes, 0);
            float second = sum(codes, BLOCK / 2);
            sum[i] = first + second;
            scaledSum[i] = scale[i] * sum[i];
        }
    }

    /** The rounding of {@link Int8Rows} in floats; a usable scale leaves no code beyond ±127. Returns the scale. */
    private static float round(MemorySegment data, long from, float[] codes) {
        IntVector top = IntVector.zero(VectorMath.I);
        for (int k = 0; k < BLOCK; k += VectorMath.L) {
            top = top.max(VectorMath.loadInts(data, from + 4L * k).and(0x7fffffff));
        }
        float d = Float.intBitsToFloat(top.reduceLanes(VectorOperators.MAX)) / Int8Rows.MAX_CODE;
        float inverse = 1f / d;
        if (!(inverse > 0f && inverse < Float.POSITIVE_INFINITY)) {
            Arrays.fill(codes, 0f);
            return d;
        }
        for (int k = 0; k < BLOCK; k += VectorMath.L) {
            VectorMath.load(data, from + 4L * k)
                    .mul(inverse)
                    .add(FloatMath.ROUNDER)
                    .sub(FloatMath.ROUNDER)
                    .intoArray(codes, k);
        }
        return d;
    }

    /** Sum of 16 codes: whole numbers, hence exact in any order. */
    private static float sum(float[] codes, int at) {
        FloatVector sum = FloatVector.zero(VectorMath.F);
        for (int k = at; k < at + BLOCK / 2; k += VectorMath.L) {
            sum = sum.add(FloatVector.fromArray(VectorMath.F, codes, k));
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }
}
