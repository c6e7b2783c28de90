package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class FloatMathTest {
    /** Every 997th float there is: all signs, exponents, NaNs. */
    private static final int STEP = 997;

    private static double ulps(float actual, double expected) {
        return Math.abs(actual - expected) / Math.ulp((float) expected);
    }

    @Test
    void expIsWithinOneAndAHalfUlp() {
        double worst = 0;
        for (double x = -87.3; x < 88.7; x += 1.0 / 4096 + 1e-7) {
            worst = Math.max(worst, ulps(FloatMath.exp((float) x), Math.exp((float) x)));
        }
        for (float x = 1f; x > 1e-30f; x *= 0.999f) {
            worst = Math.max(worst, ulps(FloatMath.exp(x), Math.exp(x)));
            worst = Math.max(worst, ulps(FloatMath.exp(-x), Math.exp(-x)));
        }
        assertThat(worst).isLessThan(1.5);
    }

    @Test
    void expOfTheEndsIsRight() {
        assertThat(FloatMath.exp(0f)).isEqualTo(1f);
        assertThat(FloatMath.exp(-0f)).isEqualTo(1f);
        assertThat(FloatMath.exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(FloatMath.exp(-1e30f)).isZero();
        assertThat(FloatMath.exp(-104f)).isZero();
        assertThat(FloatMath.exp(Float.POSITIVE_INFINITY)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(FloatMath.exp(88.8f)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(FloatMath.exp(88.7f)).isFinite();
        assertThat(FloatMath.exp(Float.NaN)).isNaN();
        assertThat((double) FloatMath.exp(-100f)).isBetween(3.6e-44, 3.9e-44);
    }

    @Test
    void tanhIsRightToSevenDigits() {
        double worst = 0;
        for (float x = 12f; x > 1e-20f; x *= 0.9999f) {
            worst = Math.max(worst, Math.abs(FloatMath.tanh(x) - Math.tanh(x)));
            worst = Math.max(worst, Math.abs(FloatMath.tanh(-x) - Math.tanh(-x)));
        }
        assertThat(worst).isLessThan(2e-7);
        assertThat(FloatMath.tanh(0f)).isZero();
        assertThat(FloatMath.tanh(Float.POSITIVE_INFINITY)).isEqualTo(1f);
        assertThat(FloatMath.tanh(Float.NEGATIVE_INFINITY)).isEqualTo(-1f);
        assertThat(FloatMath.tanh(Float.NaN)).isNaN();
    }

    @Test
    void geluIsTheTanhForm() {
        for (float g = -12f; g < 12f; g += 0.0137f) {
            double u = Math.sqrt(2 / Math.PI) * (g + 0.044715 * Math.pow(g, 3));
            double expected = 0.5 * g * (1 + Math.tanh(u));
            assertThat(Math.abs(FloatMath.gelu(g) - expected)).isLessThan(1e-6 * Math.abs(expected) + 1e-9);
        }
        assertThat(FloatMath.gelu(-40f)).isZero();
        assertThat(FloatMath.gelu(Float.NaN)).isNaN();
    }

    @Test
    void vectorsGiveTheSameBitsForEveryKindOfFloat() {
        float[] x = new float[VectorMath.L];
        float[][] y = new float[3][VectorMath.L];
        long bits = Integer.MIN_VALUE;
        while (bits <= Integer.MAX_VALUE) {
            for (int i = 0; i < x.length; i++, bits += STEP) {
                x[i] = Float.intBitsToFloat((int) bits);
            }
            FloatVector v = FloatVector.fromArray(VectorMath.F, x, 0);
            VectorMath.exp(v).intoArray(y[0], 0);
            VectorMath.tanh(v).intoArray(y[1], 0);
            VectorMath.gelu(v).intoArray(y[2], 0);
            for (int i = 0; i < x.length; i++) {
                same("exp", x[i], y[0][i], FloatMath.exp(x[i]));
                same("tanh", x[i], y[1][i], FloatMath.tanh(x[i]));
                same("gelu", x[i], y[2][i], FloatMath.gelu(x[i]));
            }
        }
    }

    private static void same(String what, float x, float actual, float expected) {
        if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected)) {
            fail("%s of %s is %s, not %s", what, x, actual, expected);
        }
    }

    @Test
    void everyFloat16IsConvertedExactly() {
        short[] halves = new short[1 << 16];
        float[] floats = new float[1 << 16];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = (short) i;
        }
        for (int round = 0; round < 20; round++) { // interpreted at first, then compiled
            TileDecoder.halves(halves, halves.length, floats, 0);
        }
        for (int i = 0; i < halves.length; i++) {
            same("float16", i, floats[i], Float.float16ToFloat(halves[i]));
        }
    }
}
