package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The products of a linear layer in training, {@code Y = X·Wᵀ} and its two gradients, each cut into blocks of
 * {@link Kernels#product} that threads share. Every element is one chain of float32 multiply-adds, ascending, so nothing
 * depends on threads or blocks. Gradients of inputs are computed transposed, [k, T], so that no weight is ever copied or
 * transposed: tokens go to panels of 16 and back, a bounded stretch of outputs at a time.
 */
public final class LinearGradients {
    private static final int LANES = Grid.LANES;
    /** Gradients of outputs that lie in panels at a time: 4 MiB. */
    private static final int STRETCH_FLOATS = 1 << 20;
    /** The same for weights that are decoded. */
    private static final int SLAB_FLOATS = 1 << 20;
    /** Rows or columns of a block, at most: what is packed again for every block is then little beside its product. */
    private static final int MOST = 1024;
    /** Blocks that a thread should find, so that all end at about the same time. */
    private static final int BLOCKS_PER_THREAD = 2;
    /** Divides into what registers hold, both ways. */
    private static final int ROW_UNIT = 12;

    private static final int COL_UNIT = 32;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private LinearGradients() {}

    /** A caller's panels; grow, never shrink. */
    private static final class Scratch {
        private MemorySegment outputs = MemorySegment.NULL;
        private MemorySegment inputs = MemorySegment.NULL;
        private MemorySegment weights = MemorySegment.NULL;

        Grid outputs(long rows, int tokens) {
            outputs = grown(outputs, rows, tokens);
            return panels(outputs, rows);
        }

        Grid inputs(long rows, int tokens) {
            inputs = grown(inputs, rows, tokens);
            return panels(inputs, rows);
        }

        Grid weights(long cols, int rows) {
            weights = grown(weights, cols, rows);
            return panels(weights, cols);
        }

        private static MemorySegment grown(MemorySegment old, long rows, int cols) {
            long bytes = 4L * LANES * rows * Math.ceilDiv(cols, LANES);
            return old.byteSize() >= bytes ? old : Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
        }

        private static Grid panels(MemorySegment data, long rows) {
            return new Grid(data, 0, LANES, 1, LANES * rows);
        }
    }

    /** {@code y = x · wᵀ}, x [T, k], w [n, k] of float32, y [T, n]: the bits of {@link Kernels#linear}. */
    public static void output(Workers workers, Kernels kernels, Tensor x, Matrix w, Tensor y) {
        check(w, x, y);
        Grid weights = w.transposed().orElseThrow(() -> new IllegalArgumentException(w.type() + " is not float32"));
        Grid in = Grid.of(x);
        Grid out = Grid.of(y);
        blocks(
                workers,
                x.rows(),
                w.rows(),
                (i, j, rows, cols) -> kernels.product(
                        in.from(i, 0), weights.from(0, j), out.from(i, j), rows, cols, w.cols(), false));
    }

    /**
     * The gradient of a layer's input: {@code dx = dy · w}, or {@code dx + dy · w}; dy [T, n], w [n, k] of any type, dx
     * [T, k]. A chain over n starts at 0 and is added to dx at its end.
     */
    public static void inputGradient(
            Workers workers, Kernels kernels, Tensor dy, Matrix w, Tensor dx, boolean accumulate) {
        check(w, dx, dy);
        int tokens = dy.rows();
        int k = w.cols();
        if (tokens == 0 || k == 0) {
            return;
        }
        Scratch scratch = SCRATCH.get();
        Optional<Grid> asItLies = w.type() == DType.F32 ? w.transposed() : Optional.empty();
        int most = Math.max(LANES, STRETCH_FLOATS / tokens / LANES * LANES);
        if (asItLies.isEmpty()) {
            most = Math.min(most, Math.max(LANES, SLAB_FLOATS / k / LANES * LANES));
        }
        int stretch = Math.min(most, Math.ceilDiv(w.rows(), LANES) * LANES);
        Grid outputs = scratch.outputs(stretch, tokens);
        Grid inputs = scratch.inputs(k, tokens);
        Grid decoded = scratch.weights(k, asItLies.isPresent() ? 0 : stretch);
        for (int n = 0; n < w.rows() || n == 0; n += stretch) {
            int first = n;
            int count = Math.min(stretch, w.rows() - n);
            int tokenPanels = Math.ceilDiv(tokens, LANES);
            int weightPanels = asItLies.isPresent() ? 0 : Math.ceilDiv(count, LANES);
            workers.run(tokenPanels + weightPanels, (chunk, _) -> {
                if (chunk < tokenPanels) {
                    int t = chunk * LANES;
                    Grid dyT = new Grid(dy.data(), (long) t * dy.cols() + first, 1, dy.cols(), 0);
                    kernels.copy(dyT, outputs.from(0, t), count, Math.min(LANES, tokens - t), false);
                } else {
                    int row = (chunk - tokenPanels) * LANES;
                    MemorySegment to = decoded.data().asSlice(decoded.offset(0, row));
                    kernels.decode(w, first + row, Math.min(LANES, count - row), to);
                }
            });
            Grid weights = asItLies.map(g -> g.from(0, first)).orElse(decoded);
            blocks(
                    workers,
                    k,
                    tokens,
                    (i, j, rows, cols) -> kernels.product(
                            weights.from(i, 0), outputs.from(0, j), inputs.from(i, j), rows, cols, count, first > 0));
        }
        workers.run(Math.ceilDiv(tokens, LANES), (chunk, _) -> {
            int t = chunk * LANES;
            Grid dxT = new Grid(dx.data(), (long) t * k, 1, k, 0);
            kernels.copy(inputs.from(0, t), dxT, k, Math.min(LANES, tokens - t), accumulate);
        });
    }

    /**
     * The gradient of a layer's weights: {@code dwᵀ = xᵀ · dy}, or {@code dwᵀ + xᵀ · dy}, x [T, k], dy [T, n], dwᵀ [k, n]
     * as {@link Matrix#transposed} of the weights lies. Tokens ascending; each chain starts at 0 or at what is there.
     */
    public static void weightGradient(
            Workers workers, Kernels kernels, Tensor x, Tensor dy, Grid gradient, boolean accumulate) {
        if (x.rows() != dy.rows()) {
            throw new IllegalArgumentException(x.rows() + " rows of input but " + dy.rows() + " of gradients");
        }
        Grid in = Grid.transposed(x);
        Grid out = Grid.of(dy);
        blocks(
                workers,
                x.cols(),
                dy.cols(),
                (i, j, rows, cols) -> kernels.product(
                        in.from(i, 0), out.from(0, j), gradient.from(i, j), rows, cols, x.rows(), accumulate));
    }

    private static void check(Matrix w, Tensor x, Tensor y) {
        if (x.rows() != y.rows() || x.cols() != w.cols() || y.cols() != w.rows()) {
            throw new IllegalArgumentException("[" + x.rows() + ", " + x.cols() + "] and [" + y.rows() + ", " + y.cols()
                    + "] are not input and output of a layer [" + w.rows() + ", " + w.cols() + "]");
        }
    }

    /** A block of a result. */
    @FunctionalInterface
    private interface Block {
        void compute(int row, int col, int rows, int cols);
    }

    /** Cuts a result [m, n] along its longer side. */
    private static void blocks(Workers workers, int m, int n, Block block) {
        int pieces = BLOCKS_PER_THREAD * workers.threads();
        boolean byRows = m >= n;
        int unit = byRows ? ROW_UNIT : COL_UNIT;
        int length = byRows ? m : n;
        int each = Math.ceilDiv(Math.clamp(Math.ceilDiv(length, pieces), 1, MOST), unit) * unit;
        workers.run(Math.ceilDiv(length, each), (chunk, _) -> {
            int from = chunk * each;
            int count = Math.min(each, length - from);
            if (byRows) {
                block.compute(from, 0, count, n);
            } else {
                block.compute(0, from, m, count);
            }
        });
    }
}
