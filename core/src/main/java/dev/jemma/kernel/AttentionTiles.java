package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.load;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The micro-kernels of attention: four queries against keys of 16 positions, and weights of four against values. */
final class AttentionTiles {
    private static final int TILE = ScalarAttention.TILE;
    private static final long KEY_STRIDE = 4L * KvBlocks.TOKENS;

    private AttentionTiles() {}

    /**
     * Dot products of four queries [headDim][4] with two vectors of positions.
     *
     * @param keys0 first feature of the first vector's positions; features are 64 bytes apart
     * @param s0 where the first vector's scores of query 0 go; queries are {@link #TILE} apart
     */
    static void scores(
            MemorySegment slab0,
            long keys0,
            MemorySegment slab1,
            long keys1,
            float[] queries,
            int at,
            int headDim,
            float[] scores,
            int s0,
            int s1) {
        FloatVector c00 = FloatVector.zero(F);
        FloatVector c01 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        for (int d = 0; d < headDim; d++) {
            FloatVector k0 = load(slab0, keys0 + KEY_STRIDE * d);
            FloatVector k1 = load(slab1, keys1 + KEY_STRIDE * d);
            FloatVector q0 = FloatVector.broadcast(F, queries[at + 4 * d]);
            c00 = k0.fma(q0, c00);
            c01 = k1.fma(q0, c01);
            FloatVector q1 = FloatVector.broadcast(F, queries[at + 4 * d + 1]);
            c10 = k0.fma(q1, c10);
            c11 = k1.fma(q1, c11);
            FloatVector q2 = FloatVector.broadcast(F, queries[at + 4 * d + 2]);
            c20 = k0.fma(q2, c20);
            c21 = k1.fma(q2, c21);
            FloatVector q3 = FloatVector.broadcast(F, queries[at + 4 * d + 3]);
            c30 = k0.fma(q3, c30);
            c31 = k1.fma(q3, c31);
        }
        c00.intoArray(scores, s0);
        c01.intoArray(scores, s1);
        c10.intoArray(scores, s0 + TILE);
        c11.intoArray(scores, s1 + TILE);
        c20.intoArray(scores, s0 + 2 * TILE);
        c21.intoArray(scores, s1 + 2 * TILE);
        c30.intoArray(scores, s0 + 3 * TILE);
        c31.intoArray(scores, s1 + 3 * TILE);
    }

    /** {@code scores = cap·tanh(scores·scale / cap)} from {@code from} to {@code to}, whole vectors. */
    static void cap(float[] scores, int from, int to, float scale, float cap) {
        for (int i = from; i < to; i += L) {
            FloatVector v = FloatVector.fromArray(F, scores, i).mul(scale).div(cap);
            VectorMath.tanh(v).mul(cap).intoArray(scores, i);
        }
    }

    /**
     * One item's step of the online softmax: scores become weights, and what was summed before is corrected to the new
     * maximum. One flat method on purpose: with more in it than the compiler inlines, it is compiled by itself, and no
     * vector of it ever escapes.
     *
     * @param scores whole blocks of scores from {@code start} to {@code end}, of which {@code from … to} are visible
     * @param scale factor still to be applied to the scores
     * @param max running maxima, of which item {@code item}'s is updated
     * @param sums [item][16]
     * @param values [item][headDim]
     */
    static void softmax(
            float[] scores,
            int start,
            int from,
            int to,
            int end,
            float scale,
            float[] max,
            float[] sums,
            float[] values,
            int item,
            int headDim) {
        for (int i = start; i < end; i++) {
            scores[i] *= scale;
        }
        for (int i = start; i < from; i++) {
            scores[i] = Float.NEGATIVE_INFINITY;
        }
        for (int i = to; i < end; i++) {
            scores[i] = Float.NEGATIVE_INFINITY;
        }
        FloatVector top = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int i = start; i < end; i += L) {
            top = top.max(FloatVector.fromArray(F, scores, i));
        }
        float old = max[item];
        float now = Math.max(old, top.reduceLanes(VectorOperators.MAX));
        int sumAt = item * Lanes.COUNT;
        if (now != old) {
            float correction = FloatMath.exp(old - now);
            max[item] = now;
            for (int i = sumAt; i < sumAt + Lanes.COUNT; i++) {
                sums[i] *= correction;
            }
            for (int i = item * headDim; i < (item + 1) * headDim; i++) {
                values[i] *= correction;
            }
        }
        for (int h = 0; h < Lanes.COUNT; h += L) {
            FloatVector sum = FloatVector.fromArray(F, sums, sumAt + h);
            for (int i = start + h; i < end; i += Lanes.COUNT) {
                FloatVector weight =
                        VectorMath.exp(FloatVector.fromArray(F, scores, i).sub(now));
                weight.intoArray(scores, i);
                sum = sum.add(weight);
            }
            sum.intoArray(sums, sumAt + h);
        }
    }

    /**
     * {@code values[item][d] = fma(weight, v[key][d], values[item][d])}, keys ascending, for four items.
     *
     * @param row first of {@code count} consecutive rows of v
     * @param weights where the weights of item 0 begin; items are {@link #TILE} apart
     * @param at where the values of item 0 begin; items are {@code headDim} apart
     */
    static void addValues4(
            MemorySegment slab, long row, int count, int headDim, float[] weight, int weights, float[] values, int at) {
        int d = 0;
        for (; d <= headDim - 2 * L; d += 2 * L) {
            addValues4x2(slab, row + 4L * d, count, headDim, weight, weights, values, at + d);
        }
        if (d < headDim) {
            for (int t = 0; t < 4; t++) {
                addValues(slab, row, count, headDim, d, weight, weights + t * TILE, values, at + t * headDim);
            }
        }
    }

    private static void addValues4x2(
            MemorySegment slab, long row, int count, int headDim, float[] weight, int weights, float[] values, int a0) {
        int a1 = a0 + headDim;
        int a2 = a1 + headDim;
        int a3 = a2 + headDim;
        FloatVector c00 = FloatVector.fromArray(F, values, a0);
        FloatVector c01 = FloatVector.fromArray(F, values, a0 + L);
        FloatVector c10 = FloatVector.fromArray(F, values, a1);
        FloatVector c11 = FloatVector.fromArray(F, values, a1 + L);
        FloatVector c20 = FloatVector.fromArray(F, values, a2);
        FloatVector c21 = FloatVector.fromArray(F, values, a2 + L);
        FloatVector c30 = FloatVector.fromArray(F, values, a3);
        FloatVector c31 = FloatVector.fromArray(F, values, a3 + L);
        long stride = 4L * headDim;
        for (int j = 0; j < count; j++) {
            FloatVector v0 = load(slab, row + stride * j);
            FloatVector v1 = load(slab, row + stride * j + 4L * L);
            FloatVector w0 = FloatVector.broadcast(F, weight[weights + j]);
            c00 = v0.fma(w0, c00);
            c01 = v1.fma(w0, c01);
            FloatVector w1 = FloatVector.broadcast(F, weight[weights + TILE + j]);
            c10 = v0.fma(w1, c10);
            c11 = v1.fma(w1, c11);
            FloatVector w2 = FloatVector.broadcast(F, weight[weights + 2 * TILE + j]);
            c20 = v0.fma(w2, c20);
            c21 = v1.fma(w2, c21);
            FloatVector w3 = FloatVector.broadcast(F, weight[weights + 3 * TILE + j]);
            c30 = v0.fma(w3, c30);
            c31 = v1.fma(w3, c31);
        }
        c00.intoArray(values, a0);
        c01.intoArray(values, a0 + L);
        c10.intoArray(values, a1);
        c11.intoArray(values, a1 + L);
        c20.intoArray(values, a2);
        c21.intoArray(values, a2 + L);
        c30.intoArray(values, a3);
        c31.intoArray(values, a3 + L);
    }

    /** The same for one item, from feature {@code firstFeature} on. */
    static void addValues(
            MemorySegment slab,
            long row,
            int count,
            int headDim,
            int firstFeature,
            float[] weight,
            int weights,
            float[] values,
            int at) {
        long stride = 4L * headDim;
        int d = firstFeature;
        for (; d <= headDim - L; d += L) {
            FloatVector c = FloatVector.fromArray(F, values, at + d);
            for (int j = 0; j < count; j++) {
                c = load(slab, row + stride * j + 4L * d).fma(FloatVector.broadcast(F, weight[weights + j]), c);
            }
            c.intoArray(values, at + d);
        }
        for (; d < headDim; d++) {
            float c = values[at + d];
            for (int j = 0; j < count; j++) {
                c = Math.fma(weight[weights + j], slab.get(ValueLayout.JAVA_FLOAT, row + stride * j + 4L * d), c);
            }
            values[at + d] = c;
        }
    }

    /** {@code out = values / sum}. */
    static void divide(float[] values, int at, int length, float sum, MemorySegment out, long to) {
        int i = 0;
        for (; i <= length - L; i += L) {
            FloatVector.fromArray(F, values, at + i).div(sum).intoMemorySegment(out, to + 4L * i, VectorMath.LE);
        }
        for (; i < length; i++) {
            out.set(ValueLayout.JAVA_FLOAT, to + 4L * i, values[at + i] / sum);
        }
    }
}
