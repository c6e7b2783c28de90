package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A weight matrix [rows, cols] in the layout of the provider that packed it. Packing never loses: {@link #row} gives
 * back exactly what the file's block decodes to. Immutable; any number of threads may use it.
 */
public interface Matrix {
    /** Element type, as in the file. */
    DType type();

    /** Rows: outputs of a product. */
    int rows();

    /** Columns: inputs of a product. */
    int cols();

    /** Bytes held, padding included. */
    long byteSize();

    /**
     * The transpose [cols, rows] of a float32 matrix over the memory that holds it, for gradients and optimizers; empty
     * for other types. Rows beyond the last may be padded to a multiple of 16 ({@link #byteSize} counts them).
     */
    Optional<Grid> transposed();

    /**
     * Rows {@code first} …, sharing memory.
     *
     * @param first a multiple of {@link MatrixBuilder#ROWS}
     */
    Matrix rows(int first, int count);

    /** Writes row {@code row}, decoded exactly to {@code cols} float32 values, to {@code target} from byte {@code offset}. */
    void row(int row, MemorySegment target, long offset);
}
