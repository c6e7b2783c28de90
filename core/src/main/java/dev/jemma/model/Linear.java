package dev.jemma.model;

import dev.jemma.kernel.Matrix;

/**
 * A weight [out, in] of {@code y = x·Wᵀ}. The model definition does not know what kind it is: a packed matrix here, a
 * trained parameter or one with a low-rank adapter elsewhere; an {@link Ops} knows those that it can compute.
 */
public interface Linear {
    /** Numbers that go in: columns of the weight. */
    int in();

    /** Numbers that come out: rows of the weight. */
    int out();

    /** A matrix as the kernels packed it. */
    record Packed(Matrix matrix) implements Linear {
        @Override
        public int in() {
            return matrix.cols();
        }

        @Override
        public int out() {
            return matrix.rows();
        }
    }
}
