package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.ValueLayout;

/**
 * Activations [T, k] rounded to int8 in blocks of 32 as {@link Kernels#linear} says: codes, their scale per block and
 * their sum per block. Plain form, for the scalar twin.
 */
final class Int8Rows {
    static final int BLOCK = 32;
    static final float MAX_CODE = 127f;

    final int cols;
    final byte[] codes;
    final float[] scale;
    final int[] sum;

    Int8Rows(Tensor x) {
        cols = x.cols();
        codes = new byte[x.rows() * cols];
        scale = new float[codes.length / BLOCK];
        sum = new int[codes.length / BLOCK];
        for (int b = 0; b < scale.length; b++) {
            round(x, b);
        }
    }

    private void round(Tensor x, int block) {
        long at = 4L * BLOCK * block;
        float max = 0f;
        for (int i = 0; i < BLOCK; i++) {
            max = Math.max(max, Math.abs(x.data().get(ValueLayout.JAVA_FLOAT, at + 4L * i)));
        }
        float d = max / MAX_CODE;
        float inverse = 1f / d;
        int total = 0;
        for (int i = 0; i < BLOCK; i++) {
            int code = code(x.data().get(ValueLayout.JAVA_FLOAT, at + 4L * i), inverse);
            codes[BLOCK * block + i] = (byte) code;
            total += code;
        }
        scale[block] = d;
        sum[block] = total;
    }

    /** The code of one value; 0 where the block's scale is 0, so small that its inverse is infinite, or not a number. */
    private static int code(float x, float inverse) {
        if (Float.isInfinite(inverse)) {
            return 0;
        }
        return (int) Math.clamp(Math.rint((double) (x * inverse)), -MAX_CODE, MAX_CODE);
    }
}
