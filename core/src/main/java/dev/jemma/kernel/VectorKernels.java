package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The provider on the Vector API: any width from 128 to 512 bits, the same bits as the scalar twin. Loaded only when it
 * is chosen, since its classes need the module {@code jdk.incubator.vector}.
 */
final class VectorKernels implements Kernels {
    @Override
    public String name() {
        return "vector-" + VectorMath.F.vectorBitSize();
    }

    @Override
    public MatrixBuilder matrix(DType type, int rows, int cols, Arena arena) {
        return PanelLayout.has(type)
                ? new PanelPacker(type, rows, cols, arena)
                : new ScalarMatrix.Builder(type, rows, cols, arena);
    }

    @Override
    public void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        VectorLinear.linear(workers, x, weights, outputs, precision);
    }

    @Override
    public void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out) {
        Shapes.norm(x, weight, out);
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> VectorRows.rmsNorm(x, weight, eps, out, from, to));
    }

    @Override
    public void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions) {
        float[] angles = table.upTo(Shapes.rope(x, headDim, table, positions));
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> {
            for (int t = from; t < to; t++) {
                for (int head = 0; head < x.cols(); head += headDim) {
                    VectorRows.rope(x.data(), x.offset(t, head), headDim / 2, angles, headDim * positions[t]);
                }
            }
        });
    }

    @Override
    public void storeKv(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        KvStore.store(workers, shape, blocks, spans, k, v);
    }

    @Override
    public void attention(
            Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        Shapes.attention(shape, spans, q, out);
        VectorAttention.attention(workers, shape, blocks, spans, q, out);
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor out) {
        Shapes.same(gate, up, out);
        Split.rows(
                workers,
                gate.rows(),
                gate.cols(),
                (from, to) ->
                        VectorRows.geglu(gate.data(), up.data(), out.data(), gate.offset(from, 0), gate.offset(to, 0)));
    }

    @Override
    public void add(Workers workers, Tensor a, Tensor b, Tensor out) {
        Shapes.same(a, b, out);
        Split.rows(
                workers,
                a.rows(),
                a.cols(),
                (from, to) -> VectorRows.add(a.data(), b.data(), out.data(), a.offset(from, 0), a.offset(to, 0)));
    }

    @Override
    public void softcap(Workers workers, Tensor x, float cap) {
        Split.rows(
                workers,
                x.rows(),
                x.cols(),
                (from, to) -> VectorRows.softcap(x.data(), cap, x.offset(from, 0), x.offset(to, 0)));
    }

    @Override
    public void logSumExp(Workers workers, Tensor x, double[] out) {
        LogSumExp.compute(workers, x, out, new VectorLogSumExp());
    }

    @Override
    public void maxima(Workers workers, Tensor x, int cols, float[] out) {
        Maxima.compute(workers, x, cols, out, new VectorLogSumExp());
    }

    @Override
    public TrainingKernels training() {
        return new RowTraining(new VectorSteps());
    }

    @Override
    public void product(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        VectorProduct.multiply(a, b, c, m, n, k, accumulate);
    }

    @Override
    public void decode(Matrix w, int firstRow, int rows, MemorySegment panels) {
        Shapes.panels(w, firstRow, rows, panels);
        if (w instanceof PackedMatrix packed) {
            VectorDecoder.decode(packed, firstRow, rows, panels);
        } else {
            GridCopy.decode(w, firstRow, rows, panels);
        }
    }
}
