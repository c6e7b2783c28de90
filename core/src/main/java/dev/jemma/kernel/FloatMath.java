package dev.jemma.kernel;

/**
 * Exponential, tanh and GELU in float32: the scalar form of the one sequence of operations that every provider runs, so
 * that a lane of a vector and a scalar tail give the same bits. The polynomials are Chebyshev fits on the reduced
 * interval; errors stay below 1.5 ulp for {@link #exp} and 2e-7 for {@link #tanh}. NaN goes through.
 */
public final class FloatMath {
    static final float LOG2_E = 1.442695f;
    /** ln 2 = HIGH + LOW; HIGH has 16 bits, so that n · HIGH is exact. */
    static final float LN2_HIGH = 0x1.62e4p-1f;

    static final float LN2_LOW = 1.4286068e-6f;
    /** Below it exp rounds to 0, above {@link #EXP_MAX} to infinity. */
    static final float EXP_MIN = -104.5f;

    static final float EXP_MAX = 89f;
    /** 1.5 · 2^23: adding and subtracting it rounds to an integer, half to even. */
    static final float ROUNDER = 12582912f;

    static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
    /** exp(r) = 1 + r + r²·(E2 + E3·r + …) for |r| ≤ ln 2 / 2. */
    static final float E2 = 0.5f;

    static final float E3 = 0.16666576f;
    static final float E4 = 0.041666552f;
    static final float E5 = 0.008363233f;
    static final float E6 = 0.001392625f;
    static final float GELU_CUBIC = 0.044715f;
    /** −2·√(2/π). */
    static final float GELU_EXPONENT = -1.5957692f;

    private FloatMath() {}

    /** e^x. */
    public static float exp(float x) {
        float c = x < EXP_MIN ? EXP_MIN : x;
        c = c > EXP_MAX ? EXP_MAX : c;
        float t = Math.fma(c, LOG2_E, ROUNDER);
        int n = Float.floatToRawIntBits(t) - ROUNDER_BITS;
        float nf = t - ROUNDER;
        float r = Math.fma(nf, -LN2_HIGH, c);
        r = Math.fma(nf, -LN2_LOW, r);
        float p = Math.fma(E6, r, E5);
        p = Math.fma(p, r, E4);
        p = Math.fma(p, r, E3);
        p = Math.fma(p, r, E2);
        p = Math.fma(p, r * r, r) + 1f;
        // two factors, so that n = 128 and subnormal results come out right
        int half = n >> 1;
        return p * powerOfTwo(half) * powerOfTwo(n - half);
    }

    private static float powerOfTwo(int n) {
        return Float.intBitsToFloat((n + 127) << 23);
    }

    /** {@code 1 − 2 / (exp(2u) + 1)}: what matters of it is the absolute error, since it only caps scores and logits. */
    public static float tanh(float u) {
        return 1f - 2f / (exp(u + u) + 1f);
    }

    /** {@code 0.5·g·(1 + tanh(√(2/π)(g + 0.044715 g³)))}, which is {@code g / (1 + exp(−2√(2/π)(…)))}. */
    public static float gelu(float g) {
        float inner = Math.fma(GELU_CUBIC * g * g, g, g);
        return g / (1f + exp(GELU_EXPONENT * inner));
    }
}
