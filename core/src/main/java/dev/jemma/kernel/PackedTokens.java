package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Activations as the micro-kernels read them: groups of {@link #lanes} tokens (4, or 1 for a single token), each [k]
 * [lanes], padded with zeros; rounded to int8 (codes as floats, with scale, sum and scale·sum of every block of 32 and
 * the sums of every 16) or as they are. Reused from call to call; grows, never shrinks.
 */
final class PackedTokens {
    private static final int BLOCK = Int8Rows.BLOCK;

    private final boolean int8;
    int lanes = 1;
    int cols;
    float[] values = new float[0];
    /** [group of tokens][block][lanes]. */
    float[] scale = new float[0];

    float[] sum = new float[0];
    float[] scaledSum = new float[0];
    /** Σ of codes of every 16; filled for a single token only. */
    float[] halfSum = new float[0];

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
            halfSum = grown(halfSum, 2 * (cols / BLOCK));
        }
        if (count == 1) {
            packToken(x, from, 0);
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
        for (int b = 0; b < cols / BLOCK; b++) {
            int i = scaleOffset(token / lanes) + lanes * b + lane;
            round(x.data(), from + 4L * BLOCK * b, at + lanes * BLOCK * b, i);
            if (lanes == 1) {
                float half = 0f;
                for (int k = 0; k < BLOCK / 2; k++) {
                    half += values[at + BLOCK * b + k];
                }
                halfSum[2 * b] = half;
                halfSum[2 * b + 1] = sum[i] - half;
            }
        }
    }

    /** The rounding of {@link Int8Rows} in floats. */
    private void round(MemorySegment data, long from, int at, int block) {
        int top = 0;
        for (int k = 0; k < BLOCK; k++) {
            top = Math.max(top, data.get(ValueLayout.JAVA_INT, from + 4L * k) & 0x7fffffff);
        }
        float d = Float.intBitsToFloat(top) / Int8Rows.MAX_CODE;
        float inverse = 1f / d;
        boolean usable = inverse > 0f && inverse < Float.POSITIVE_INFINITY;
        float total = 0f;
        for (int k = 0; k < BLOCK; k++) {
            float code = 0f;
            if (usable) {
                float v = data.get(ValueLayout.JAVA_FLOAT, from + 4L * k) * inverse;
                code = v + FloatMath.ROUNDER - FloatMath.ROUNDER;
                code = Math.max(-Int8Rows.MAX_CODE, Math.min(Int8Rows.MAX_CODE, code));
            }
            values[at + lanes * k] = code;
            total += code;
        }
        scale[block] = d;
        sum[block] = total;
        scaledSum[block] = d * total;
    }
}
