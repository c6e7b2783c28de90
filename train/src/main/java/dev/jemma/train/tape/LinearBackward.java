package dev.jemma.train.tape;

import dev.jemma.kernel.Grid;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * The two gradients of {@code y = x·Wᵀ}. Each element is one chain of fused multiply-adds in ascending order, so blocks
 * and threads do not show in the result.
 */
final class LinearBackward {
    /** Rows or columns of a result that one chunk of work computes. */
    private static final int BLOCK = 64;
    /** Rows of a quantized matrix that are decoded at a time. */
    private static final int SLAB = 512;

    private LinearBackward() {}

    /** {@code dx = dy·W}, or {@code dx + dy·W}; dy [T, n], W [n, k], dx [T, k]. */
    static void inputGradient(
            Workers workers, Kernels kernels, Tensor dy, Matrix matrix, Tensor dx, boolean accumulate) {
        Optional<Grid> transposed = matrix.transposed();
        if (transposed.isPresent()) {
            Grid w = transposed.get();
            int k = matrix.cols();
            // dxᵀ [k, T] = Wᵀ [k, n] · dyᵀ [n, T]
            workers.run(Math.ceilDiv(k, BLOCK), (chunk, _) -> {
                int first = chunk * BLOCK;
                int rows = Math.min(BLOCK, k - first);
                Grid out = Grid.transposed(dx).from(first, 0);
                kernels.product(w.from(first, 0), Grid.transposed(dy), out, rows, dy.rows(), matrix.rows(), accumulate);
            });
            return;
        }
        try (Arena arena = Arena.ofShared()) {
            Tensor slab = Tensor.allocate(arena, Math.min(SLAB, matrix.rows()), matrix.cols());
            for (int first = 0; first < matrix.rows(); first += SLAB) {
                int from = first;
                int rows = Math.min(SLAB, matrix.rows() - first);
                workers.run(rows, (row, _) -> matrix.row(from + row, slab.data(), slab.offset(row, 0)));
                workers.run(Math.ceilDiv(matrix.cols(), BLOCK), (chunk, _) -> {
                    int col = chunk * BLOCK;
                    int cols = Math.min(BLOCK, matrix.cols() - col);
                    Grid w = Grid.of(slab).from(0, col);
                    Grid out = Grid.of(dx).from(0, col);
                    boolean more = accumulate || from > 0;
                    kernels.product(Grid.of(dy).from(0, from), w, out, dy.rows(), cols, rows, more);
                });
            }
        }
    }

    /** {@code dWᵀ += xᵀ·dy}; x [T, k], dy [T, n], gradient of Wᵀ [k, n]. */
    static void weightGradient(Workers workers, Kernels kernels, Tensor x, Tensor dy, Grid gradient) {
        int n = dy.cols();
        workers.run(Math.ceilDiv(n, BLOCK), (chunk, _) -> {
            int first = chunk * BLOCK;
            int cols = Math.min(BLOCK, n - first);
            Grid out = gradient.from(0, first);
            Grid right = Grid.of(dy).from(0, first);
            kernels.product(Grid.transposed(x), right, out, x.cols(), cols, x.rows(), true);
        });
    }
}
