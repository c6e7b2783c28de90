package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.LE;
import static dev.jemma.kernel.VectorMath.load;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** The operations on rows and elements, in vectors with scalar tails of the same arithmetic. */
final class VectorRows {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ThreadLocal<float[]> LANES = ThreadLocal.withInitial(() -> new float[Lanes.COUNT]);

    private VectorRows() {}

    static void rmsNorm(Tensor x, Tensor weight, float eps, Tensor out, int from, int to) {
        float[] lanes = LANES.get();
        for (int t = from; t < to; t++) {
            sumOfSquares(x.data(), x.offset(t, 0), x.cols(), lanes);
            float factor = ScalarKernels.normFactor(Lanes.sum(lanes), x.cols(), eps);
            scaleRow(x.data(), x.offset(t, 0), weight.data(), factor, out.data(), x.cols());
        }
    }

    private static void sumOfSquares(MemorySegment x, long at, int cols, float[] lanes) {
        int whole = cols / Lanes.COUNT * Lanes.COUNT;
        for (int h = 0; h < Lanes.COUNT; h += L) {
            FloatVector sum = FloatVector.zero(F);
            for (int i = h; i < whole; i += Lanes.COUNT) {
                FloatVector v = load(x, at + 4L * i);
                sum = v.fma(v, sum);
            }
            sum.intoArray(lanes, h);
        }
        for (int i = whole; i < cols; i++) {
            float v = x.get(FLOAT, at + 4L * i);
            lanes[i - whole] = Math.fma(v, v, lanes[i - whole]);
        }
    }

    private static void scaleRow(
            MemorySegment x, long at, MemorySegment weight, float factor, MemorySegment out, int cols) {
        int i = 0;
        for (; i <= cols - L; i += L) {
            load(x, at + 4L * i).mul(factor).mul(load(weight, 4L * i)).intoMemorySegment(out, at + 4L * i, LE);
        }
        for (; i < cols; i++) {
            out.set(FLOAT, at + 4L * i, x.get(FLOAT, at + 4L * i) * factor * weight.get(FLOAT, 4L * i));
        }
    }

    /** Turns the pairs of one head that begins at byte {@code at}; its angles begin at {@code table[angle]}. */
    static void rope(MemorySegment x, long at, int half, float[] table, int angle) {
        int i = 0;
        for (; i <= half - L; i += L) {
            FloatVector cos = FloatVector.fromArray(F, table, angle + i);
            FloatVector sin = FloatVector.fromArray(F, table, angle + half + i);
            FloatVector a = load(x, at + 4L * i);
            FloatVector b = load(x, at + 4L * (half + i));
            a.mul(cos).sub(b.mul(sin)).intoMemorySegment(x, at + 4L * i, LE);
            b.mul(cos).add(a.mul(sin)).intoMemorySegment(x, at + 4L * (half + i), LE);
        }
        for (; i < half; i++) {
            float cos = table[angle + i];
            float sin = table[angle + half + i];
            float a = x.get(FLOAT, at + 4L * i);
            float b = x.get(FLOAT, at + 4L * (half + i));
            x.set(FLOAT, at + 4L * i, a * cos - b * sin);
            x.set(FLOAT, at + 4L * (half + i), b * cos + a * sin);
        }
    }

    static void geglu(MemorySegment gate, MemorySegment up, MemorySegment out, long from, long to) {
        long at = from;
        for (; at <= to - 4L * L; at += 4L * L) {
            VectorMath.gelu(load(gate, at)).mul(load(up, at)).intoMemorySegment(out, at, LE);
        }
        for (; at < to; at += 4) {
            out.set(FLOAT, at, FloatMath.gelu(gate.get(FLOAT, at)) * up.get(FLOAT, at));
        }
    }

    static void add(MemorySegment a, MemorySegment b, MemorySegment out, long from, long to) {
        long at = from;
        for (; at <= to - 4L * L; at += 4L * L) {
            load(a, at).add(load(b, at)).intoMemorySegment(out, at, LE);
        }
        for (; at < to; at += 4) {
            out.set(FLOAT, at, a.get(FLOAT, at) + b.get(FLOAT, at));
        }
    }

    static void softcap(MemorySegment x, float cap, long from, long to) {
        long at = from;
        for (; at <= to - 4L * L; at += 4L * L) {
            VectorMath.tanh(load(x, at).div(cap)).mul(cap).intoMemorySegment(x, at, LE);
        }
        for (; at < to; at += 4) {
            x.set(FLOAT, at, cap * FloatMath.tanh(x.get(FLOAT, at) / cap));
        }
    }
}
