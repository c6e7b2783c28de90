package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** The twin with a fault in one operation, for tests of what should find it. */
final class WrongSums implements Kernels {
    private final Kernels twin = new ScalarKernels();

    @Override
    public String name() {
        return "wrong";
    }

    @Override
    public MatrixBuilder matrix(DType type, int rows, int cols, Arena arena) {
        return twin.matrix(type, rows, cols, arena);
    }

    @Override
    public void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        twin.linear(workers, x, weights, outputs, precision);
    }

    @Override
    public void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out) {
        twin.rmsNorm(workers, x, weight, eps, out);
    }

    @Override
    public void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions) {
        twin.rope(workers, x, headDim, table, positions);
    }

    @Override
    public void storeKv(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        twin.storeKv(workers, shape, blocks, spans, k, v);
    }

    @Override
    public void attention(
            Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        twin.attention(workers, shape, blocks, spans, q, out);
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor out) {
        twin.geglu(workers, gate, up, out);
    }

    @Override
    public void add(Workers workers, Tensor a, Tensor b, Tensor out) {
        twin.add(workers, a, b, out);
        out.set(0, 1, Math.nextUp(out.get(0, 1)));
    }

    @Override
    public void softcap(Workers workers, Tensor x, float cap) {
        twin.softcap(workers, x, cap);
    }

    @Override
    public void logSumExp(Workers workers, Tensor x, double[] out) {
        twin.logSumExp(workers, x, out);
    }

    @Override
    public void maxima(Workers workers, Tensor x, int cols, float[] out) {
        twin.maxima(workers, x, cols, out);
    }
}
