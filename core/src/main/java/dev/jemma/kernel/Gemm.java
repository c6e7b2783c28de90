package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;

import jdk.incubator.vector.FloatVector;

/**
 * The micro-kernels: 4 tokens × 2 vectors of rows in registers (8 sums, 2 weights, 1 activation: what 16 registers
 * hold), and 1 token × 4 vectors. Weights are [k][16], activations [k][4] or [k]; {@code w0}, {@code w1} say where the
 * two vectors begin, {@code a0}, {@code a1} where their sums of token 0 lie; a token's sums are 16 floats apart. Sums are
 * read, added to and written back, so stretches of k may come one after another.
 */
final class Gemm {
    /** Tokens of a micro-kernel. */
    static final int TOKENS = 4;

    private static final int ROWS = PanelLayout.ROWS;

    private Gemm() {}

    /** {@code acc = fma(w[k], x[k], acc)}, k ascending. */
    static void exact4x2(float[] x, int xAt, float[] w, int w0, int w1, int count, float[] acc, int a0, int a1) {
        FloatVector c00 = FloatVector.fromArray(F, acc, a0);
        FloatVector c01 = FloatVector.fromArray(F, acc, a1);
        FloatVector c10 = FloatVector.fromArray(F, acc, a0 + ROWS);
        FloatVector c11 = FloatVector.fromArray(F, acc, a1 + ROWS);
        FloatVector c20 = FloatVector.fromArray(F, acc, a0 + 2 * ROWS);
        FloatVector c21 = FloatVector.fromArray(F, acc, a1 + 2 * ROWS);
        FloatVector c30 = FloatVector.fromArray(F, acc, a0 + 3 * ROWS);
        FloatVector c31 = FloatVector.fromArray(F, acc, a1 + 3 * ROWS);
        for (int k = 0; k < count; k++) {
            FloatVector b0 = FloatVector.fromArray(F, w, w0 + ROWS * k);
            FloatVector b1 = FloatVector.fromArray(F, w, w1 + ROWS * k);
            FloatVector v0 = FloatVector.broadcast(F, x[xAt + 4 * k]);
            c00 = b0.fma(v0, c00);
            c01 = b1.fma(v0, c01);
            FloatVector v1 = FloatVector.broadcast(F, x[xAt + 4 * k + 1]);
            c10 = b0.fma(v1, c10);
            c11 = b1.fma(v1, c11);
            FloatVector v2 = FloatVector.broadcast(F, x[xAt + 4 * k + 2]);
            c20 = b0.fma(v2, c20);
            c21 = b1.fma(v2, c21);
            FloatVector v3 = FloatVector.broadcast(F, x[xAt + 4 * k + 3]);
            c30 = b0.fma(v3, c30);
            c31 = b1.fma(v3, c31);
        }
        c00.intoArray(acc, a0);
        c01.intoArray(acc, a1);
        c10.intoArray(acc, a0 + ROWS);
        c11.intoArray(acc, a1 + ROWS);
        c20.intoArray(acc, a0 + 2 * ROWS);
        c21.intoArray(acc, a1 + 2 * ROWS);
        c30.intoArray(acc, a0 + 3 * ROWS);
        c31.intoArray(acc, a1 + 3 * ROWS);
    }

    /** One token, four vectors of rows {@code step} floats apart in {@code w}, 16 apart in {@code acc}. */
    static void exact1x4(float[] x, int xAt, float[] w, int w0, int step, int count, float[] acc, int a0) {
        FloatVector c0 = FloatVector.fromArray(F, acc, a0);
        FloatVector c1 = FloatVector.fromArray(F, acc, a0 + ROWS);
        FloatVector c2 = FloatVector.fromArray(F, acc, a0 + 2 * ROWS);
        FloatVector c3 = FloatVector.fromArray(F, acc, a0 + 3 * ROWS);
        int w1 = w0 + step;
        int w2 = w1 + step;
        int w3 = w2 + step;
        for (int k = 0; k < count; k++) {
            FloatVector v = FloatVector.broadcast(F, x[xAt + k]);
            c0 = FloatVector.fromArray(F, w, w0 + ROWS * k).fma(v, c0);
            c1 = FloatVector.fromArray(F, w, w1 + ROWS * k).fma(v, c1);
            c2 = FloatVector.fromArray(F, w, w2 + ROWS * k).fma(v, c2);
            c3 = FloatVector.fromArray(F, w, w3 + ROWS * k).fma(v, c3);
        }
        c0.intoArray(acc, a0);
        c1.intoArray(acc, a0 + ROWS);
        c2.intoArray(acc, a0 + 2 * ROWS);
        c3.intoArray(acc, a0 + 3 * ROWS);
    }

    /**
     * For each group the exact integer sum Σ q·xq in floats, then {@code acc = fma(sum, s·dx, acc)} and, where groups
     * have minima, {@code acc = fma(−m, dx·Σxq, acc)}. Sums stay in registers over all groups, even where that makes the
     * compiler spill: stores in the loop would hold up the loads behind them.
     *
     * @param s scales [group][16]; s0, s1 for the two vectors
     * @param m minima, as the scales
     * @param dx scales of the activations [block of 32][4]
     * @param dsum dx·Σxq, as dx
     */
    static void groups4x2(
            float[] x,
            int xAt,
            float[] w,
            int w0,
            int w1,
            int groups,
            int size,
            float[] s,
            float[] m,
            boolean hasMin,
            int s0,
            int s1,
            float[] dx,
            float[] dsum,
            int dAt,
            float[] acc,
            int a0,
            int a1) {
        FloatVector s00 = FloatVector.fromArray(F, acc, a0);
        FloatVector s01 = FloatVector.fromArray(F, acc, a1);
        FloatVector s10 = FloatVector.fromArray(F, acc, a0 + ROWS);
        FloatVector s11 = FloatVector.fromArray(F, acc, a1 + ROWS);
        FloatVector s20 = FloatVector.fromArray(F, acc, a0 + 2 * ROWS);
        FloatVector s21 = FloatVector.fromArray(F, acc, a1 + 2 * ROWS);
        FloatVector s30 = FloatVector.fromArray(F, acc, a0 + 3 * ROWS);
        FloatVector s31 = FloatVector.fromArray(F, acc, a1 + 3 * ROWS);
        for (int g = 0; g < groups; g++) {
            FloatVector c00 = FloatVector.zero(F);
            FloatVector c01 = c00;
            FloatVector c10 = c00;
            FloatVector c11 = c00;
            FloatVector c20 = c00;
            FloatVector c21 = c00;
            FloatVector c30 = c00;
            FloatVector c31 = c00;
            for (int k = g * size; k < (g + 1) * size; k++) {
                FloatVector b0 = FloatVector.fromArray(F, w, w0 + ROWS * k);
                FloatVector b1 = FloatVector.fromArray(F, w, w1 + ROWS * k);
                FloatVector v0 = FloatVector.broadcast(F, x[xAt + 4 * k]);
                c00 = b0.fma(v0, c00);
                c01 = b1.fma(v0, c01);
                FloatVector v1 = FloatVector.broadcast(F, x[xAt + 4 * k + 1]);
                c10 = b0.fma(v1, c10);
                c11 = b1.fma(v1, c11);
                FloatVector v2 = FloatVector.broadcast(F, x[xAt + 4 * k + 2]);
                c20 = b0.fma(v2, c20);
                c21 = b1.fma(v2, c21);
                FloatVector v3 = FloatVector.broadcast(F, x[xAt + 4 * k + 3]);
                c30 = b0.fma(v3, c30);
                c31 = b1.fma(v3, c31);
            }
            FloatVector d0 = FloatVector.fromArray(F, s, s0 + ROWS * g);
            FloatVector d1 = FloatVector.fromArray(F, s, s1 + ROWS * g);
            int d = dAt + 4 * (g * size / Int8Rows.BLOCK);
            s00 = c00.fma(d0.mul(dx[d]), s00);
            s01 = c01.fma(d1.mul(dx[d]), s01);
            s10 = c10.fma(d0.mul(dx[d + 1]), s10);
            s11 = c11.fma(d1.mul(dx[d + 1]), s11);
            s20 = c20.fma(d0.mul(dx[d + 2]), s20);
            s21 = c21.fma(d1.mul(dx[d + 2]), s21);
            s30 = c30.fma(d0.mul(dx[d + 3]), s30);
            s31 = c31.fma(d1.mul(dx[d + 3]), s31);
            if (hasMin) {
                FloatVector m0 = FloatVector.fromArray(F, m, s0 + ROWS * g).neg();
                FloatVector m1 = FloatVector.fromArray(F, m, s1 + ROWS * g).neg();
                FloatVector x0 = FloatVector.broadcast(F, dsum[d]);
                s00 = m0.fma(x0, s00);
                s01 = m1.fma(x0, s01);
                FloatVector x1 = FloatVector.broadcast(F, dsum[d + 1]);
                s10 = m0.fma(x1, s10);
                s11 = m1.fma(x1, s11);
                FloatVector x2 = FloatVector.broadcast(F, dsum[d + 2]);
                s20 = m0.fma(x2, s20);
                s21 = m1.fma(x2, s21);
                FloatVector x3 = FloatVector.broadcast(F, dsum[d + 3]);
                s30 = m0.fma(x3, s30);
                s31 = m1.fma(x3, s31);
            }
        }
        s00.intoArray(acc, a0);
        s01.intoArray(acc, a1);
        s10.intoArray(acc, a0 + ROWS);
        s11.intoArray(acc, a1 + ROWS);
        s20.intoArray(acc, a0 + 2 * ROWS);
        s21.intoArray(acc, a1 + 2 * ROWS);
        s30.intoArray(acc, a0 + 3 * ROWS);
        s31.intoArray(acc, a1 + 3 * ROWS);
    }

    /** {@code acc = fma(sum, s·dx, acc)}. */
    static void add(FloatVector sum, FloatVector s, float dx, float[] acc, int at) {
        sum.fma(s.mul(dx), FloatVector.fromArray(F, acc, at)).intoArray(acc, at);
    }
}
