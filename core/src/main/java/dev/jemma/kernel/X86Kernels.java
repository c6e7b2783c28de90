package dev.jemma.kernel;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The provider of machine code written at run time, for x86-64: the same bits as the scalar twin, which computes the one
 * thing that has no emitted form, attention with heads that are no multiple of 16. Needs no module and no flag.
 */
final class X86Kernels implements Kernels {
    private final Isa isa;
    private final CodeSpace space;
    private final X86Linear linear;
    private final X86Rows rows;
    private final X86Attention attention;
    private volatile @Nullable X86Training training;
    private final Kernels twin = new ScalarKernels();

    X86Kernels(Isa isa, CodeSpace space) {
        this.isa = isa;
        this.space = space;
        rows = new X86Rows(isa, space);
        attention = new X86Attention(isa, space, rows);
        linear = new X86Linear(isa, space);
    }

    @Override
    public String name() {
        return isa.title();
    }

    @Override
    public MatrixBuilder matrix(DType type, int rows, int cols, Arena arena) {
        return PanelLayout.has(type)
                ? new PanelPacker(type, rows, cols, arena)
                : new ScalarMatrix.Builder(type, rows, cols, arena);
    }

    @Override
    public void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        linear.linear(workers, x, weights, outputs, precision);
    }

    @Override
    public void pick(
            Workers workers, Tensor x, Matrix w, int[] panels, int from, int to, Tensor y, Precision precision) {
        if (!linear.pick(workers, x, w, panels, from, to, y, precision)) {
            Kernels.super.pick(workers, x, w, panels, from, to, y, precision);
        }
    }

    @Override
    public void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out) {
        Shapes.norm(x, weight, out);
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> rows.rmsNorm(x, weight, eps, out, from, to));
    }

    @Override
    public void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions) {
        float[] angles = table.upTo(Shapes.rope(x, headDim, table, positions));
        Split.rows(workers, x.rows(), x.cols(), (from, to) -> {
            for (int t = from; t < to; t++) {
                rows.rope(x, t, headDim, angles, headDim * positions[t]);
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
        if (!X86Attention.takes(shape.headDim())) {
            twin.attention(workers, shape, blocks, spans, q, out);
            return;
        }
        Shapes.attention(shape, spans, q, out);
        attention.attention(workers, shape, blocks, spans, q, out);
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor out) {
        Shapes.same(gate, up, out);
        Split.rows(
                workers,
                gate.rows(),
                gate.cols(),
                (from, to) -> rows.geglu(gate.data(), up.data(), out.data(), gate.offset(from, 0), gate.offset(to, 0)));
    }

    @Override
    public void add(Workers workers, Tensor a, Tensor b, Tensor out) {
        Shapes.same(a, b, out);
        Split.rows(
                workers,
                a.rows(),
                a.cols(),
                (from, to) -> rows.add(a.data(), b.data(), out.data(), a.offset(from, 0), a.offset(to, 0)));
    }

    @Override
    public void softcap(Workers workers, Tensor x, float cap) {
        Split.rows(
                workers,
                x.rows(),
                x.cols(),
                (from, to) -> rows.softcap(x.data(), cap, x.offset(from, 0), x.offset(to, 0)));
    }

    @Override
    public void logSumExp(Workers workers, Tensor x, double[] out) {
        LogSumExp.compute(workers, x, out, rows);
    }

    @Override
    public void maxima(Workers workers, Tensor x, int cols, float[] out) {
        Maxima.compute(workers, x, cols, out, rows);
    }

    @Override
    public void product(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        written().product.multiply(a, b, c, m, n, k, accumulate);
    }

    @Override
    public void copy(Grid from, Grid to, int rows, int cols, boolean add) {
        written().moves.copy(from, to, rows, cols, add);
    }

    @Override
    public void decode(Matrix w, int firstRow, int rows, MemorySegment panels) {
        written().decoder.decode(w, firstRow, rows, panels);
    }

    @Override
    public TrainingKernels training() {
        return written().rows;
    }

    private X86Training written() {
        X86Training written = training;
        return written != null ? written : write();
    }

    private synchronized X86Training write() {
        X86Training written = training;
        if (written == null) {
            written = new X86Training(isa, space);
            training = written;
        }
        return written;
    }
}
