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
     * For each group the exact integer sum Σ q·xq in floats, then {@code acc = fma(sum, s·dx, acc)}.
     *
     * @param s scales [group][16]; s0, s1 for the two vectors
     * @param dx scales of the activations [block of 32][4]
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
            int s0,
            int s1,
            float[] dx,
            int dAt,
            float[] acc,
            int a0,
            int a1) {
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
            add(c00, d0, dx[d], acc, a0);
            add(c01, d1, dx[d], acc, a1);
            add(c10, d0, dx[d + 1], acc, a0 + ROWS);
            add(c11, d1, dx[d + 1], acc, a1 + ROWS);
            add(c20, d0, dx[d + 2], acc, a0 + 2 * ROWS);
            add(c21, d1, dx[d + 2], acc, a1 + 2 * ROWS);
            add(c30, d0, dx[d + 3], acc, a0 + 3 * ROWS);
            add(c31, d1, dx[d + 3], acc, a1 + 3 * ROWS);
        }
    }

    /** {@code acc = fma(sum, s·dx, acc)}. */
    static void add(FloatVector sum, FloatVector s, float dx, float[] acc, int at) {
        sum.fma(s.mul(dx), FloatVector.fromArray(F, acc, at)).intoArray(acc, at);
    }

    /**
     * {@link #groups4x2} for groups of 32 with minima: after each group {@code acc = fma(−m, dx·Σxq, acc)}.
     *
     * @param dsum dx·Σxq of the activations [block of 32][4]
     */
    static void groupsWithMins4x2(
            float[] x,
            int xAt,
            float[] w,
            int w0,
            int w1,
            int groups,
            float[] s,
            float[] m,
            int s0,
            int s1,
            float[] dx,
            float[] dsum,
            int dAt,
            float[] acc,
            int a0,
            int a1) {
        for (int g = 0; g < groups; g++) {
            groups4x2(
                    x,
                    xAt + 4 * Int8Rows.BLOCK * g,
                    w,
                    w0 + ROWS * Int8Rows.BLOCK * g,
                    w1 + ROWS * Int8Rows.BLOCK * g,
                    1,
                    Int8Rows.BLOCK,
                    s,
                    s0 + ROWS * g,
                    s1 + ROWS * g,
                    dx,
                    dAt + 4 * g,
                    acc,
                    a0,
                    a1);
            FloatVector m0 = FloatVector.fromArray(F, m, s0 + ROWS * g).neg();
            FloatVector m1 = FloatVector.fromArray(F, m, s1 + ROWS * g).neg();
            for (int t = 0; t < TOKENS; t++) {
                FloatVector v = FloatVector.broadcast(F, dsum[dAt + 4 * g + t]);
                int i0 = a0 + ROWS * t;
                int i1 = a1 + ROWS * t;
                m0.fma(v, FloatVector.fromArray(F, acc, i0)).intoArray(acc, i0);
                m1.fma(v, FloatVector.fromArray(F, acc, i1)).intoArray(acc, i1);
            }
        }
    }
}
