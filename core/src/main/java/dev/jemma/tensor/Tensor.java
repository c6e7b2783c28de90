package dev.jemma.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A matrix of float32 activations [rows, cols], row after row, in native memory aligned to 64 bytes (DESIGN 5.1: kernels
 * written at run time need addresses). A view over memory that it does not own: whoever allocated the arena closes it.
 * Not synchronised; kernels split work so that no two threads write the same row.
 */
public record Tensor(MemorySegment data, int rows, int cols) {
    /** Every allocation starts on a cache line. */
    public static final int ALIGNMENT_BYTES = 64;

    public Tensor {
        Objects.requireNonNull(data, "data");
        if (rows < 0 || cols < 0 || data.byteSize() < 4L * rows * cols) {
            throw new IllegalArgumentException(
                    "[" + rows + ", " + cols + "] does not fit " + data.byteSize() + " bytes");
        }
        if (!data.isNative()) {
            throw new IllegalArgumentException("activations live in native memory");
        }
    }

    /** A zeroed matrix in {@code arena}. */
    public static Tensor allocate(Arena arena, int rows, int cols) {
        return new Tensor(arena.allocate(Math.max(4L, 4L * rows * cols), ALIGNMENT_BYTES), rows, cols);
    }

    /** A copy of {@code values}, [1, n]. */
    public static Tensor copyOf(Arena arena, float... values) {
        Tensor t = allocate(arena, 1, values.length);
        MemorySegment.copy(values, 0, t.data, ValueLayout.JAVA_FLOAT, 0, values.length);
        return t;
    }

    /** One element. */
    public float get(int row, int col) {
        return data.get(ValueLayout.JAVA_FLOAT, offset(row, col));
    }

    /** Changes one element. */
    public void set(int row, int col, float value) {
        data.set(ValueLayout.JAVA_FLOAT, offset(row, col), value);
    }

    /** Byte offset of an element in {@link #data}. */
    public long offset(int row, int col) {
        return 4L * ((long) row * cols + col);
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive), sharing memory. */
    public Tensor slice(int from, int to) {
        Objects.checkFromToIndex(from, to, rows);
        return new Tensor(data.asSlice(offset(from, 0), 4L * (to - from) * cols), to - from, cols);
    }

    /** The same memory as [rows, cols] of another shape with as many elements. */
    public Tensor reshape(int newRows, int newCols) {
        if ((long) newRows * newCols != (long) rows * cols) {
            throw new IllegalArgumentException(
                    "[" + rows + ", " + cols + "] cannot be seen as [" + newRows + ", " + newCols + "]");
        }
        return new Tensor(data, newRows, newCols);
    }

    /** A copy of one row. */
    public float[] row(int row) {
        float[] copy = new float[cols];
        MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, offset(row, 0), copy, 0, cols);
        return copy;
    }
}
