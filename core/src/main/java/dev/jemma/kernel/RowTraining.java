package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** {@link TrainingKernels} over the {@link Steps} of a provider: checks, splits work over threads, folds what they sum. */
final class RowTraining implements TrainingKernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    /** Rows whose weight gradients are summed by one thread. */
    private static final int NORM_ROWS = 32;
    /** Elements that several steps go over while the first-level cache holds them. */
    private static final int CACHED = 1024;

    private static final int TILE = 4096;
    private static final int PIECE = 16 * TILE;

    private final Steps steps;

    RowTraining(Steps steps) {
        this.steps = steps;
    }

    @Override
    public void lossSlopes(Workers workers, Tensor z, float[] logSumExp, float[] softmax, float[] constant, float cap) {
        if (Math.min(logSumExp.length, Math.min(softmax.length, constant.length)) < z.rows()) {
            throw new IllegalArgumentException("numbers are missing for some of " + z.rows() + " rows");
        }
        int perRow = Math.max(1, Math.ceilDiv(z.cols(), PIECE));
        workers.run(z.rows() * perRow, (chunk, _) -> {
            int r = chunk / perRow;
            int from = chunk % perRow * PIECE;
            int n = Math.min(PIECE, z.cols() - from);
            steps.lossSlopes(z.data(), z.offset(r, from), n, logSumExp[r], softmax[r], constant[r], cap);
        });
    }

    @Override
    public void rmsNorm(
            Workers workers,
            Tensor x,
            Tensor weight,
            float eps,
            Tensor dy,
            Tensor dx,
            boolean accumulate,
            Optional<Tensor> dWeight) {
        Shapes.norm(x, weight, dx);
        Shapes.same(x, dy, dx);
        dWeight.ifPresent(d -> Shapes.same(weight, d, d));
        int cols = x.cols();
        int chunks = Math.ceilDiv(x.rows(), NORM_ROWS);
        float[] sums = new float[dWeight.isPresent() ? chunks * cols : 0];
        workers.run(chunks, (chunk, _) -> {
            Scratch scratch = Scratch.of(2L * cols);
            MemorySegment sum = scratch.floats.asSlice(4L * cols, 4L * cols).fill((byte) 0);
            for (int t = chunk * NORM_ROWS; t < Math.min(x.rows(), (chunk + 1) * NORM_ROWS); t++) {
                long at = x.offset(t, 0);
                float squares = steps.dot(x.data(), at, x.data(), at, cols);
                float factor = ScalarKernels.normFactor(squares, cols, eps);
                steps.multiply(dy.data(), at, weight.data(), 0, scratch.floats, 0, cols);
                float dot = steps.dot(scratch.floats, 0, x.data(), at, cols);
                float back = -(dot / cols) * factor * factor * factor;
                if (dWeight.isPresent()) { // before dx, which may be dy
                    steps.normWeight(dy.data(), at, x.data(), at, sum, 0, cols, factor);
                }
                steps.normInput(scratch.floats, 0, x.data(), at, dx.data(), at, cols, factor, back, accumulate);
            }
            if (dWeight.isPresent()) {
                MemorySegment.copy(sum, FLOAT, 0, sums, chunk * cols, cols);
            }
        });
        dWeight.ifPresent(total -> {
            for (int chunk = 0; chunk < chunks; chunk++) {
                for (int i = 0; i < cols; i++) {
                    total.set(0, i, total.get(0, i) + sums[chunk * cols + i]);
                }
            }
        });
    }

    /** A thread's row of products and of sums; grows, never shrinks. */
    private static final class Scratch {
        private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

        private MemorySegment floats = MemorySegment.NULL;

        static Scratch of(long count) {
            Scratch mine = MINE.get();
            if (mine.floats.byteSize() < 4 * count) {
                mine.floats = Arena.ofAuto().allocate(4 * count, Tensor.ALIGNMENT_BYTES);
            }
            return mine;
        }
    }

    /** Work on floats [from, from + n) of tensors that are alike. */
    @FunctionalInterface
    private interface Flat {
        void run(long at, int n);
    }

    private static void flat(Workers workers, long floats, Flat work) {
        int pieces = Math.toIntExact(Math.ceilDiv(floats, (long) PIECE));
        workers.run(pieces, (piece, _) -> {
            long end = Math.min(floats, (piece + 1L) * PIECE);
            for (long from = (long) piece * PIECE; from < end; from += CACHED) {
                work.run(4 * from, (int) Math.min(CACHED, end - from));
            }
        });
    }

    private static long floats(Tensor x) {
        return (long) x.rows() * x.cols();
    }

    @Override
    public void geglu(Workers workers, Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp) {
        Shapes.same(gate, up, dy);
        Shapes.same(gate, dGate, dUp);
        flat(workers, floats(gate), (at, n) -> {
            steps.multiply(dy.data(), at, up.data(), at, dGate.data(), at, n);
            steps.geluSlope(gate.data(), at, dGate.data(), at, n);
            steps.gelu(gate.data(), at, dy.data(), at, dUp.data(), at, n);
        });
    }

    @Override
    public void softcap(Workers workers, Tensor y, float cap, Tensor d) {
        Shapes.same(y, d, d);
        flat(workers, floats(y), (at, n) -> steps.capSlope(y.data(), at, d.data(), at, n, cap));
    }

    @Override
    public void scale(Workers workers, Tensor x, float factor, Tensor out, boolean add) {
        Shapes.same(x, out, out);
        flat(workers, floats(x), (at, n) -> steps.scale(x.data(), at, factor, out.data(), at, n, add));
    }

    @Override
    public void adamW(
            Workers workers,
            MemorySegment values,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment square,
            long floats,
            AdamStep step) {
        holds(values, 0, floats);
        holds(gradient, 0, floats);
        holds(mean, 0, floats);
        holds(square, 0, floats);
        flat(workers, floats, (at, n) -> steps.adam(values, gradient, mean, square, at, n, step));
    }

    @Override
    public double sumOfSquares(Workers workers, MemorySegment data, long floats) {
        holds(data, 0, floats);
        int pieces = Math.toIntExact(Math.ceilDiv(floats, (long) PIECE));
        double[] sums = new double[Math.multiplyExact(pieces, PIECE / TILE)];
        workers.run(pieces, (piece, _) -> {
            long end = Math.min(floats, (piece + 1L) * PIECE);
            for (long from = (long) piece * PIECE; from < end; from += TILE) {
                int n = (int) Math.min(TILE, end - from);
                sums[(int) (from / TILE)] = steps.dot(data, 4 * from, data, 4 * from, n);
            }
        });
        double total = 0;
        for (double sum : sums) {
            total += sum;
        }
        return total;
    }

    private static void holds(MemorySegment data, long at, long floats) {
        boolean holds = at >= 0 && floats >= 0 && floats <= data.byteSize() / 4 && at <= data.byteSize() - 4 * floats;
        if (!holds || !data.isNative()) {
            throw new IllegalArgumentException(
                    floats + " floats from byte " + at + " on do not lie in native memory of " + data.byteSize());
        }
    }

    private static void row(MemorySegment data, long at, int cols, int from, int to) {
        holds(data, at, cols);
        if (from < 0 || from >= to || to > cols) {
            throw new IllegalArgumentException("columns " + from + " to " + to + " of " + cols + " are no range");
        }
    }

    @Override
    public float softmax(MemorySegment s, long at, int cols, int from, int to, float scale, float cap) {
        row(s, at, cols, from, to);
        long first = at + 4L * from;
        int n = to - from;
        float max = steps.scores(s, first, n, scale, cap);
        float sum = steps.exponentials(s, first, n, max);
        steps.scale(s, first, 1f / sum, s, first, n, false);
        hide(s, at, cols, from, to);
        return (float) (max + Math.log(sum));
    }

    private static void hide(MemorySegment s, long at, int cols, int from, int to) {
        s.asSlice(at, 4L * from).fill((byte) 0);
        s.asSlice(at + 4L * to, 4L * (cols - to)).fill((byte) 0);
    }

    @Override
    public void attentionSlopes(
            MemorySegment s,
            long sAt,
            MemorySegment d,
            long dAt,
            int cols,
            int from,
            int to,
            float scale,
            float cap,
            float logSumExp,
            float dot) {
        row(s, sAt, cols, from, to);
        row(d, dAt, cols, from, to);
        steps.attentionSlopes(s, sAt + 4L * from, d, dAt + 4L * from, to - from, scale, cap, logSumExp, dot);
        hide(s, sAt, cols, from, to);
        hide(d, dAt, cols, from, to);
    }

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        holds(a, aAt, n);
        holds(b, bAt, n);
        return steps.dot(a, aAt, b, bAt, n);
    }
}
