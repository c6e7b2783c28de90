package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The provider without vectors: the twin that defines the answer, written to be read beside {@link Kernels}. It is also
 * what runs where the vector module is missing, only slowly.
 */
final class ScalarKernels implements Kernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int ROWS_PER_CHUNK = 16;

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public MatrixBuilder matrix(DType type, int rows, int cols, Arena arena) {
        return new ScalarMatrix.Builder(type, rows, cols, arena);
    }

    @Override
    public void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        Shapes.linear(x, weights, outputs);
        for (int i = 0; i < weights.size(); i++) {
            if (!(weights.get(i) instanceof ScalarMatrix w)) {
                throw new IllegalArgumentException("weight " + i + " was packed by another provider");
            }
            Tensor y = outputs.get(i);
            int chunks = Math.ceilDiv(w.rows(), ROWS_PER_CHUNK);
            if (precision == Precision.FAST && CodeRow.has(w.type())) {
                Int8Rows rounded = new Int8Rows(x);
                workers.run(chunks, (chunk, worker) -> int8Rows(rounded, w, y, chunk * ROWS_PER_CHUNK));
            } else {
                workers.run(chunks, (chunk, worker) -> floatRows(x, w, y, chunk * ROWS_PER_CHUNK));
            }
        }
    }

    private static void floatRows(Tensor x, ScalarMatrix w, Tensor y, int firstRow) {
        int cols = w.cols();
        float[] weights = new float[cols];
        for (int n = firstRow; n < Math.min(firstRow + ROWS_PER_CHUNK, w.rows()); n++) {
            w.decode(n, weights);
            for (int t = 0; t < x.rows(); t++) {
                long at = x.offset(t, 0);
                float acc = 0f;
                for (int k = 0; k < cols; k++) {
                    acc = Math.fma(weights[k], x.data().get(FLOAT, at + 4L * k), acc);
                }
                y.set(t, n, acc);
            }
        }
    }

    private static void int8Rows(Int8Rows x, ScalarMatrix w, Tensor y, int firstRow) {
        CodeRow row = new CodeRow(w.type(), w.cols());
        for (int n = firstRow; n < Math.min(firstRow + ROWS_PER_CHUNK, w.rows()); n++) {
            row.read(w.data(), n * w.rowBytes());
            for (int t = 0; t < y.rows(); t++) {
                y.set(t, n, int8Dot(row, x, w.type(), t));
            }
        }
    }

    private static float int8Dot(CodeRow w, Int8Rows x, DType type, int t) {
        int size = CodeRow.groupSize(type);
        float acc = 0f;
        for (int g = 0; g < w.groups(); g++) {
            int dot = 0;
            for (int k = g * size; k < (g + 1) * size; k++) {
                dot += w.codes[k] * x.codes[t * x.cols + k];
            }
            int block = (t * x.cols + g * size) / Int8Rows.BLOCK;
            float dx = x.scale[block];
            acc = Math.fma((float) dot, w.scale(g) * dx, acc);
            if (CodeRow.hasMin(type)) {
                acc = Math.fma(-w.min(g), dx * x.sum[block], acc);
            }
        }
        return acc;
    }

    @Override
    public void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out) {
        Shapes.norm(x, weight, out);
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> {
            float[] lanes = new float[Lanes.COUNT];
            for (int t = from; t < to; t++) {
                normRow(x, weight, eps, out, t, lanes);
            }
        });
    }

    private static void normRow(Tensor x, Tensor weight, float eps, Tensor out, int t, float[] lanes) {
        java.util.Arrays.fill(lanes, 0f);
        for (int i = 0; i < x.cols(); i++) {
            float v = x.get(t, i);
            lanes[i % Lanes.COUNT] = Math.fma(v, v, lanes[i % Lanes.COUNT]);
        }
        float factor = normFactor(Lanes.sum(lanes), x.cols(), eps);
        for (int i = 0; i < x.cols(); i++) {
            out.set(t, i, x.get(t, i) * factor * weight.get(0, i));
        }
    }

    /** 1 / √(mean + eps). */
    static float normFactor(float sumOfSquares, int cols, float eps) {
        return 1f / (float) Math.sqrt(sumOfSquares / cols + eps);
    }

    @Override
    public void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions) {
        float[] angles = table.upTo(Shapes.rope(x, headDim, table, positions));
        int half = headDim / 2;
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> {
            for (int t = from; t < to; t++) {
                for (int head = 0; head < x.cols(); head += headDim) {
                    ropeHead(x, t, head, half, angles, 2 * half * positions[t]);
                }
            }
        });
    }

    /** Turns pairs (i, i + half) of one head; products are rounded before they are added. */
    private static void ropeHead(Tensor x, int t, int head, int half, float[] angles, int at) {
        for (int i = 0; i < half; i++) {
            float cos = angles[at + i];
            float sin = angles[at + half + i];
            float a = x.get(t, head + i);
            float b = x.get(t, head + half + i);
            x.set(t, head + i, a * cos - b * sin);
            x.set(t, head + half + i, b * cos + a * sin);
        }
    }

    @Override
    public void storeKv(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        KvStore.store(workers, shape, blocks, spans, k, v);
    }

    @Override
    public void attention(
            Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        Shapes.attention(shape, spans, q, out);
        for (Span span : spans) {
            workers.run(
                    span.rows() * shape.heads(),
                    (chunk, worker) -> new ScalarAttention(shape, blocks, span)
                            .head(chunk / shape.heads(), chunk % shape.heads(), q, out));
        }
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor out) {
        Shapes.same(gate, up, out);
        Split.rows(workers, gate.rows(), gate.cols(), (from, to) -> {
            for (long at = gate.offset(from, 0); at < gate.offset(to, 0); at += 4) {
                float value =
                        FloatMath.gelu(gate.data().get(FLOAT, at)) * up.data().get(FLOAT, at);
                out.data().set(FLOAT, at, value);
            }
        });
    }

    @Override
    public void add(Workers workers, Tensor a, Tensor b, Tensor out) {
        Shapes.same(a, b, out);
        Split.rows(workers, a.rows(), a.cols(), (from, to) -> {
            for (long at = a.offset(from, 0); at < a.offset(to, 0); at += 4) {
                out.data().set(FLOAT, at, a.data().get(FLOAT, at) + b.data().get(FLOAT, at));
            }
        });
    }

    @Override
    public void softcap(Workers workers, Tensor x, float cap) {
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> {
            MemorySegment data = x.data();
            for (long at = x.offset(from, 0); at < x.offset(to, 0); at += 4) {
                data.set(FLOAT, at, cap * FloatMath.tanh(data.get(FLOAT, at) / cap));
            }
        });
    }

    @Override
    public void logSumExp(Workers workers, Tensor x, double[] out) {
        LogSumExp.compute(workers, x, out, new LogSumExp.Scalar());
    }

    @Override
    public void maxima(Workers workers, Tensor x, int cols, float[] out) {
        Maxima.compute(workers, x, cols, out, new LogSumExp.Scalar());
    }
}
