package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Tiles of {@link LogSumExp} by vectors; the same bits as its scalar twin. */
final class VectorLogSumExp implements LogSumExp.Tiles {
    private static final int L = VectorMath.L;

    @Override
    public float max(Tensor x, int row, int from, int to) {
        MemorySegment data = x.data();
        long at = x.offset(row, 0);
        FloatVector best = FloatVector.broadcast(VectorMath.F, Float.NEGATIVE_INFINITY);
        int i = from;
        for (; i <= to - L; i += L) {
            best = best.max(VectorMath.load(data, at + 4L * i));
        }
        float max = best.reduceLanes(VectorOperators.MAX);
        for (; i < to; i++) {
            max = Math.max(max, data.get(ValueLayout.JAVA_FLOAT, at + 4L * i));
        }
        return max;
    }

    @Override
    public float sum(Tensor x, int row, int from, int to, float max) {
        MemorySegment data = x.data();
        long at = x.offset(row, 0);
        float[] lanes = new float[Lanes.COUNT];
        int whole = from + (to - from) / Lanes.COUNT * Lanes.COUNT;
        for (int part = 0; part < Lanes.COUNT; part += L) { // narrower vectors go over the tile once for each part
            FloatVector acc = FloatVector.zero(VectorMath.F);
            for (int i = from + part; i < whole; i += Lanes.COUNT) {
                acc = acc.add(VectorMath.exp(VectorMath.load(data, at + 4L * i).sub(max)));
            }
            acc.intoArray(lanes, part);
        }
        for (int i = whole; i < to; i++) {
            float term = FloatMath.exp(data.get(ValueLayout.JAVA_FLOAT, at + 4L * i) - max);
            lanes[i % Lanes.COUNT] += term;
        }
        return Lanes.sum(lanes);
    }
}
