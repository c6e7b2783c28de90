package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;

/**
 * The inner loops of {@link TrainingKernels}, over {@code n} floats that lie in a row; {@code …At} are byte offsets.
 * {@link ScalarSteps} defines each, other providers give its bits. Sums and maxima run in 16 lanes (element i in lane i
 * mod 16) that are folded by {@link Lanes#sum}.
 */
interface Steps {
    /** {@code z = (softmax·exp(z − lse) + constant)·(1 − (z/cap)²)}; the last factor only if cap is not 0. */
    void lossSlopes(MemorySegment z, long at, int n, float lse, float softmax, float constant, float cap);

    /** {@code d = d·gelu′(gate)}. */
    void geluSlope(MemorySegment gate, long gateAt, MemorySegment d, long dAt, int n);

    /** {@code out = gelu(gate)·d}. */
    void gelu(MemorySegment gate, long gateAt, MemorySegment d, long dAt, MemorySegment out, long outAt, int n);

    /** {@code d = d·(1 − (y/cap)²)}. */
    void capSlope(MemorySegment y, long yAt, MemorySegment d, long dAt, int n, float cap);

    /** {@code c = a·b}. */
    void multiply(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment c, long cAt, int n);

    /** {@code Σ a·b}. */
    float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n);

    /** {@code dx = fma(back, x, product·factor)}, or {@code dx} and that. */
    void normInput(
            MemorySegment product,
            long productAt,
            MemorySegment x,
            long xAt,
            MemorySegment dx,
            long dxAt,
            int n,
            float factor,
            float back,
            boolean add);

    /** {@code sum = fma(dy·x, factor, sum)}. */
    void normWeight(
            MemorySegment dy, long dyAt, MemorySegment x, long xAt, MemorySegment sum, long sumAt, int n, float factor);

    /** {@code out = factor·x}, or {@code fma(factor, x, out)}. */
    void scale(MemorySegment x, long xAt, float factor, MemorySegment out, long outAt, int n, boolean add);

    /** One step of AdamW. */
    void adam(
            MemorySegment values,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment square,
            long at,
            int n,
            AdamStep step);

    /** {@code s = scale·s}, then {@code cap·tanh(s/cap)} if cap is not 0; returns the largest. */
    float scores(MemorySegment s, long at, int n, float scale, float cap);

    /** {@code s = exp(s − max)}; returns the sum. */
    float exponentials(MemorySegment s, long at, int n, float max);

    /**
     * From scores s = q·k and slopes d of the weights: {@code w = exp(capped scale·s − lse)} in place of s, and
     * {@code w·(d − dot)·scale}, times {@code 1 − tanh²} if capped, in place of d.
     */
    void attentionSlopes(
            MemorySegment s, long sAt, MemorySegment d, long dAt, int n, float scale, float cap, float lse, float dot);
}
