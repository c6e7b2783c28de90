package dev.jemma.train.tape;

import dev.jemma.kernel.FloatMath;
import dev.jemma.kernel.RopeTable;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Gradients of the operations that take a row at a time; each is the derivative of its namesake in the kernels. */
final class RowBackward {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    /** Rows of a chunk of work; sums over rows are made of sums over these chunks, in order. */
    private static final int ROWS = 32;

    private static final float SQRT_2_OVER_PI = 0.7978846f;
    private static final float CUBIC = 0.044715f;

    private RowBackward() {}

    /** Work on rows {@code from} to {@code to}, which are chunk {@code chunk}. */
    private interface Rows {
        void run(int from, int to, int chunk);
    }

    private static void rows(Workers workers, int rows, Rows work) {
        workers.run(
                Math.ceilDiv(rows, ROWS),
                (chunk, _) -> work.run(chunk * ROWS, Math.min(rows, (chunk + 1) * ROWS), chunk));
    }

    /**
     * {@code y = x·f·weight} with {@code f = 1/√(mean(x²) + eps)}: dx, added to or written, and the gradient of the weight,
     * added to if there is one.
     */
    static void rmsNorm(
            Workers workers,
            Tensor x,
            Tensor weight,
            float eps,
            Tensor dy,
            Tensor dx,
            boolean accumulate,
            Optional<Tensor> dWeight) {
        int cols = x.cols();
        int chunks = Math.ceilDiv(x.rows(), ROWS);
        float[] partial = new float[dWeight.isPresent() ? chunks * cols : 0];
        MemorySegment xs = x.data();
        MemorySegment gs = dy.data();
        MemorySegment out = dx.data();
        float[] w = weight.row(0);
        rows(workers, x.rows(), (from, to, chunk) -> {
            for (int t = from; t < to; t++) {
                long at = x.offset(t, 0);
                double squares = 0;
                double dot = 0; // Σ dy·w·x
                for (int i = 0; i < cols; i++) {
                    float v = xs.get(FLOAT, at + 4L * i);
                    squares += (double) v * v;
                    dot += (double) gs.get(FLOAT, at + 4L * i) * w[i] * v;
                }
                double mean = squares / cols + eps;
                float f = (float) (1 / Math.sqrt(mean));
                float back = (float) (dot / cols / mean) * f;
                for (int i = 0; i < cols; i++) {
                    float v = xs.get(FLOAT, at + 4L * i);
                    float g = gs.get(FLOAT, at + 4L * i);
                    float d = Math.fma(-back, v, g * w[i] * f);
                    out.set(FLOAT, at + 4L * i, accumulate ? out.get(FLOAT, at + 4L * i) + d : d);
                    if (partial.length > 0) {
                        partial[chunk * cols + i] += g * v * f;
                    }
                }
            }
        });
        dWeight.ifPresent(sum -> {
            for (int chunk = 0; chunk < chunks; chunk++) {
                for (int i = 0; i < cols; i++) {
                    sum.set(0, i, sum.get(0, i) + partial[chunk * cols + i]);
                }
            }
        });
    }

    /** {@code y = gelu(gate)·up}: writes the gradients of both. */
    static void geglu(Workers workers, Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp) {
        rows(workers, dy.rows(), (from, to, _) -> {
            for (long at = dy.offset(from, 0); at < dy.offset(to, 0); at += 4) {
                float g = gate.data().get(FLOAT, at);
                float d = dy.data().get(FLOAT, at);
                float tanh = FloatMath.tanh(SQRT_2_OVER_PI * Math.fma(CUBIC * g * g, g, g));
                float slope =
                        0.5f * (1 + tanh) + 0.5f * g * (1 - tanh * tanh) * SQRT_2_OVER_PI * (1 + 3 * CUBIC * g * g);
                dGate.data().set(FLOAT, at, d * up.data().get(FLOAT, at) * slope);
                dUp.data().set(FLOAT, at, d * 0.5f * g * (1 + tanh));
            }
        });
    }

    /** {@code y = cap·tanh(x/cap)}: turns the gradient of y into that of x, in place. */
    static void softcap(Workers workers, Tensor y, float cap, Tensor gradient) {
        rows(workers, y.rows(), (from, to, _) -> {
            for (long at = y.offset(from, 0); at < y.offset(to, 0); at += 4) {
                float d = gradient.data().get(FLOAT, at);
                gradient.data().set(FLOAT, at, d * capSlope(y.data().get(FLOAT, at), cap));
            }
        });
    }

    /** Derivative of cap·tanh(x/cap) where its value is {@code y}; 1 without a cap. */
    static float capSlope(float y, float cap) {
        float share = cap > 0 ? y / cap : 0;
        return 1 - share * share;
    }

    /** Turns the gradient of rotated rows back, in place. */
    static void rope(Workers workers, RopeTable table, int[] positions, int lastPosition, Tensor gradient) {
        int half = table.half();
        float[] angles = table.upTo(lastPosition + 1);
        MemorySegment data = gradient.data();
        rows(workers, gradient.rows(), (from, to, _) -> {
            for (int t = from; t < to; t++) {
                int cos = 2 * half * positions[t];
                for (int head = 0; head < gradient.cols(); head += 2 * half) {
                    for (int i = 0; i < half; i++) {
                        long first = gradient.offset(t, head + i);
                        long second = first + 4L * half;
                        float a = data.get(FLOAT, first);
                        float b = data.get(FLOAT, second);
                        data.set(FLOAT, first, a * angles[cos + i] + b * angles[cos + half + i]);
                        data.set(FLOAT, second, b * angles[cos + i] - a * angles[cos + half + i]);
                    }
                }
            }
        });
    }

    /** {@code y += factor·x}. */
    static void addScaled(Workers workers, Tensor x, float factor, Tensor y) {
        rows(workers, x.rows(), (from, to, _) -> {
            for (long at = x.offset(from, 0); at < x.offset(to, 0); at += 4) {
                float sum = Math.fma(factor, x.data().get(FLOAT, at), y.data().get(FLOAT, at));
                y.data().set(FLOAT, at, sum);
            }
        });
    }

    /** {@code out = factor·x}; out may be x. */
    static void scale(Workers workers, Tensor x, float factor, Tensor out) {
        rows(workers, x.rows(), (from, to, _) -> {
            for (long at = x.offset(from, 0); at < x.offset(to, 0); at += 4) {
                out.data().set(FLOAT, at, factor * x.data().get(FLOAT, at));
            }
        });
    }
}
