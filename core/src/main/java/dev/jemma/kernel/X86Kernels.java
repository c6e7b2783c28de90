package dev.jemma.kernel;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * The provider of machine code written at run time, for x86-64: the same bits as the scalar twin. What has no emitted
 * form goes to another provider over the same packed matrices.
 */
final class X86Kernels implements Kernels {
    private final Isa isa;
    private final X86Linear linear;
    private final Kernels rest;

    /** @param rest a provider that takes {@link PackedMatrix} */
    X86Kernels(Isa isa, CodeSpace space, Kernels rest) {
        this.isa = isa;
        this.rest = rest;
        linear = new X86Linear(isa, space);
    }

    @Override
    public String name() {
        return isa.title();
    }

    @Override
    public MatrixBuilder matrix(DType type, int rows, int cols, Arena arena) {
        return PanelLayout.has(type)
                ? new PackedMatrix.Builder(type, rows, cols, arena)
                : new ScalarMatrix.Builder(type, rows, cols, arena);
    }

    @Override
    public void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        Shapes.linear(x, weights, outputs);
        if (x.rows() == 0) {
            return;
        }
        List<PackedMatrix> emitted = new ArrayList<>(weights.size());
        List<Tensor> emittedOutputs = new ArrayList<>(weights.size());
        List<Matrix> others = new ArrayList<>(0);
        List<Tensor> otherOutputs = new ArrayList<>(0);
        for (int i = 0; i < weights.size(); i++) {
            if (weights.get(i) instanceof PackedMatrix w && X86Linear.takes(w, precision)) {
                emitted.add(w);
                emittedOutputs.add(outputs.get(i));
            } else {
                others.add(weights.get(i));
                otherOutputs.add(outputs.get(i));
            }
        }
        if (!emitted.isEmpty()) {
            linear.run(workers, x, emitted, emittedOutputs);
        }
        if (!others.isEmpty()) {
            rest.linear(workers, x, others, otherOutputs, precision);
        }
    }

    @Override
    public void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out) {
        rest.rmsNorm(workers, x, weight, eps, out);
    }

    @Override
    public void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions) {
        rest.rope(workers, x, headDim, table, positions);
    }

    @Override
    public void storeKv(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v) {
        rest.storeKv(workers, shape, blocks, spans, k, v);
    }

    @Override
    public void attention(
            Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out) {
        rest.attention(workers, shape, blocks, spans, q, out);
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor out) {
        rest.geglu(workers, gate, up, out);
    }

    @Override
    public void add(Workers workers, Tensor a, Tensor b, Tensor out) {
        rest.add(workers, a, b, out);
    }

    @Override
    public void softcap(Workers workers, Tensor x, float cap) {
        rest.softcap(workers, x, cap);
    }

    @Override
    public void logSumExp(Workers workers, Tensor x, double[] out) {
        rest.logSumExp(workers, x, out);
    }
}
