package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/** The checks that every provider makes once per call, before any thread starts. */
final class Shapes {
    private Shapes() {}

    static void linear(Tensor x, List<Matrix> weights, List<Tensor> outputs) {
        if (weights.size() != outputs.size()) {
            throw new IllegalArgumentException(weights.size() + " weights but " + outputs.size() + " outputs");
        }
        for (int i = 0; i < weights.size(); i++) {
            Matrix w = weights.get(i);
            Tensor y = outputs.get(i);
            if (w.cols() != x.cols() || y.rows() != x.rows() || y.cols() != w.rows()) {
                throw new IllegalArgumentException("x " + shape(x) + " · weight [" + w.rows() + ", " + w.cols()
                        + "] transposed does not give " + shape(y));
            }
        }
    }

    static void product(Grid a, Grid b, Grid c, int m, int n, int k) {
        if (m < 0 || n < 0 || k < 0 || !a.holds(m, k) || !b.holds(k, n) || !c.holds(m, n)) {
            throw new IllegalArgumentException("a product [" + m + ", " + k + "] · [" + k + ", " + n
                    + "] reaches beyond the memory of " + a + ", " + b + " or " + c);
        }
    }

    static void copy(Grid from, Grid to, int rows, int cols) {
        if (rows < 0 || cols < 0 || !from.holds(rows, cols) || !to.holds(rows, cols)) {
            throw new IllegalArgumentException(
                    "a copy of [" + rows + ", " + cols + "] reaches beyond the memory of " + from + " or " + to);
        }
    }

    static void panels(Matrix w, int firstRow, int rows, MemorySegment panels) {
        boolean within = firstRow >= 0 && rows >= 0 && rows <= w.rows() - firstRow;
        long bytes = 4L * Grid.LANES * w.cols() * Math.ceilDiv((long) rows, Grid.LANES);
        if (!within || firstRow % Grid.LANES != 0 || panels.byteSize() < bytes) {
            throw new IllegalArgumentException("rows " + firstRow + " … of " + rows + " of [" + w.rows() + ", "
                    + w.cols() + "] do not start a panel of it or do not fit " + panels.byteSize() + " bytes");
        }
    }

    static void rows(Matrix w, int first, int count) {
        if (first < 0 || count < 0 || count > w.rows() - first || first % MatrixBuilder.ROWS != 0) {
            throw new IllegalArgumentException(count + " rows from " + first + " do not start a panel of [" + w.rows()
                    + ", " + w.cols() + "] or lie beyond it");
        }
    }

    static void pick(Tensor x, Matrix w, int[] panels, int from, int to, Tensor y) {
        if (x.rows() != 1 || x.cols() != w.cols() || y.rows() != 1 || y.cols() != w.rows()) {
            throw new IllegalArgumentException("x " + shape(x) + " · weight [" + w.rows() + ", " + w.cols()
                    + "] transposed does not give " + shape(y) + ", or is more than one row");
        }
        Objects.checkFromToIndex(from, to, panels.length);
        for (int i = from; i < to; i++) {
            Objects.checkIndex(panels[i], Math.ceilDiv(w.rows(), MatrixBuilder.ROWS));
        }
    }

    static void same(Tensor a, Tensor b, Tensor out) {
        if (a.rows() != b.rows() || a.cols() != b.cols() || a.rows() != out.rows() || a.cols() != out.cols()) {
            throw new IllegalArgumentException(shape(a) + ", " + shape(b) + " and " + shape(out) + " should be alike");
        }
    }

    static void norm(Tensor x, Tensor weight, Tensor out) {
        if (weight.rows() != 1 || weight.cols() != x.cols()) {
            throw new IllegalArgumentException("a norm of " + shape(weight) + " does not fit " + shape(x));
        }
        same(x, x, out);
    }

    /** Positions that the table must cover. */
    static int rope(Tensor x, int headDim, RopeTable table, int[] positions) {
        if (headDim != 2 * table.half() || x.cols() % headDim != 0 || positions.length < x.rows()) {
            throw new IllegalArgumentException(shape(x) + " with heads of " + headDim + ", a table of "
                    + 2 * table.half() + " and " + positions.length + " positions do not go together");
        }
        int last = -1;
        for (int t = 0; t < x.rows(); t++) {
            if (positions[t] < 0) {
                throw new IllegalArgumentException("row " + t + " has the negative position " + positions[t]);
            }
            last = Math.max(last, positions[t]);
        }
        return Math.addExact(last, 1);
    }

    static void attention(AttentionShape shape, List<Span> spans, Tensor q, Tensor out) {
        same(q, q, out);
        heads(shape.heads(), shape, q);
        spans(spans, q);
    }

    static void keysAndValues(AttentionShape shape, List<Span> spans, Tensor k, Tensor v) {
        same(k, k, v);
        heads(shape.kvHeads(), shape, k);
        spans(spans, k);
    }

    private static void heads(int heads, AttentionShape shape, Tensor x) {
        if (x.cols() != heads * shape.headDim()) {
            throw new IllegalArgumentException(
                    shape(x) + " does not hold " + heads + " heads of " + shape.headDim() + " each");
        }
    }

    private static void spans(List<Span> spans, Tensor x) {
        for (int i = 0; i < spans.size(); i++) {
            Span s = spans.get(i);
            if (s.firstRow() < 0 || s.rows() < 0 || s.firstPosition() < 0 || s.rows() > x.rows() - s.firstRow()) {
                throw new IllegalArgumentException("rows " + s.firstRow() + " … of " + s.rows() + " at position "
                        + s.firstPosition() + " lie outside " + shape(x));
            }
            if (s.length() > (long) KvBlocks.TOKENS * s.blockTable().length) {
                throw new IllegalArgumentException(
                        "a sequence of " + s.length() + " positions has only " + s.blockTable().length + " blocks");
            }
        }
    }

    private static String shape(Tensor t) {
        return "[" + t.rows() + ", " + t.cols() + "]";
    }
}
