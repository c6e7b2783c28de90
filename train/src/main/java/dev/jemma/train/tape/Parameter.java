package dev.jemma.train.tape;

import dev.jemma.kernel.Grid;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Something that training changes: a matrix [rows, cols] over the very memory that inference computes with, or a norm.
 * Values, gradient and whatever an optimizer keeps have the same layout, so an update is one walk over flat memory;
 * padding is zero in all of them and stays so.
 */
public final class Parameter {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    /** What a thread clears at a time. */
    private static final long CLEARED_BYTES = 4L << 20;

    private final String name;
    private final int rows;
    private final int cols;
    private final Grid transposed;
    private final Grid gradient;
    private final Optional<Tensor> factors;

    private Parameter(String name, int rows, int cols, Grid transposed, Optional<Tensor> factors, Arena arena) {
        this.name = name;
        this.rows = rows;
        this.cols = cols;
        this.transposed = transposed;
        this.factors = factors;
        MemorySegment own = arena.allocate(transposed.data().byteSize(), Tensor.ALIGNMENT_BYTES);
        gradient = new Grid(own, transposed.at(), transposed.row(), transposed.col(), transposed.group());
    }

    /**
     * A matrix.
     *
     * @param transposed its values, seen transposed [cols, rows]
     * @param arena owns the gradient
     */
    static Parameter matrix(String name, int rows, int cols, Grid transposed, Arena arena) {
        return new Parameter(name, rows, cols, transposed, Optional.empty(), arena);
    }

    /**
     * A norm w, of which the model multiplies with 1 + w.
     *
     * @param factors 1 + w [1, n], kept up by {@link #refresh}
     * @param arena owns w and its gradient
     */
    static Parameter norm(String name, Tensor factors, Arena arena) {
        Tensor w = Tensor.allocate(arena, 1, factors.cols());
        for (int i = 0; i < w.cols(); i++) {
            w.set(0, i, factors.get(0, i) - 1f);
        }
        return new Parameter(name, 1, w.cols(), Grid.transposed(w), Optional.of(factors), arena);
    }

    /** Its name in files. */
    public String name() {
        return name;
    }

    /** Rows: outputs of a matrix, 1 of a norm. */
    public int rows() {
        return rows;
    }

    /** Columns: inputs of a matrix, the length of a norm. */
    public int cols() {
        return cols;
    }

    /** Numbers in it. */
    public long elements() {
        return (long) rows * cols;
    }

    /** Whether it is a norm: stored with one axis, and left alone by weight decay. */
    public boolean isNorm() {
        return factors.isPresent();
    }

    /** The values, float32 with padding. */
    public MemorySegment values() {
        return transposed.data();
    }

    /** The gradient, laid out as the values. */
    public MemorySegment gradient() {
        return gradient.data();
    }

    /** The gradient seen transposed [cols, rows]. */
    Grid gradientTransposed() {
        return gradient;
    }

    /** The gradient of a norm [1, n]. */
    Tensor normGradient() {
        return new Tensor(gradient.data(), 1, cols);
    }

    /** Floats of the flat memory, padding included. */
    public long floats() {
        return values().byteSize() / Float.BYTES;
    }

    /** Byte of element (row, col) in the values and in everything that is laid out like them. */
    public long offset(int row, int col) {
        return transposed.offset(col, row);
    }

    /** Copies a row out of memory laid out as the values. */
    public void readRow(MemorySegment from, int row, float[] target) {
        for (int c = 0; c < cols; c++) {
            target[c] = from.get(FLOAT, offset(row, c));
        }
    }

    /** Copies a row into memory laid out as the values. */
    public void writeRow(MemorySegment to, int row, float[] source) {
        for (int c = 0; c < cols; c++) {
            to.set(FLOAT, offset(row, c), source[c]);
        }
    }

    /** All elements of memory laid out as the values, row after row. */
    public float[] read(MemorySegment from) {
        float[] all = new float[Math.toIntExact(elements())];
        float[] one = new float[cols];
        for (int r = 0; r < rows; r++) {
            readRow(from, r, one);
            System.arraycopy(one, 0, all, r * cols, cols);
        }
        return all;
    }

    /** Forgets the gradient. */
    public void clearGradient(Workers workers) {
        MemorySegment data = gradient.data();
        workers.run(Math.toIntExact(Math.ceilDiv(data.byteSize(), CLEARED_BYTES)), (chunk, _) -> {
            long from = chunk * CLEARED_BYTES;
            data.asSlice(from, Math.min(CLEARED_BYTES, data.byteSize() - from)).fill((byte) 0);
        });
    }

    /** Tells the model of new values; call after each change of them. */
    public void refresh() {
        factors.ifPresent(f -> {
            for (int i = 0; i < cols; i++) {
                f.set(0, i, 1f + values().get(FLOAT, 4L * i));
            }
        });
    }

    @Override
    public String toString() {
        return name + (isNorm() ? " [" + cols + "]" : " [" + rows + ", " + cols + "]");
    }
}
