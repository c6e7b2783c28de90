package dev.jemma.kernel;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** A matrix as it lies in the file, rows one after another. Also what other providers keep where they have no packing. */
record ScalarMatrix(DType type, int rows, int cols, MemorySegment data) implements Matrix {
    long rowBytes() {
        return type.bytesFor(cols);
    }

    @Override
    public long byteSize() {
        return data.byteSize();
    }

    @Override
    public Optional<Grid> transposed() {
        return type == DType.F32 ? Optional.of(new Grid(data, 0, 1, cols, (long) Grid.LANES * cols)) : Optional.empty();
    }

    @Override
    public Matrix rows(int first, int count) {
        Shapes.rows(this, first, count);
        return new ScalarMatrix(type, count, cols, data.asSlice(first * rowBytes(), count * rowBytes()));
    }

    /** Decodes row {@code row} to {@code target[0 … cols − 1]}. */
    void decode(int row, float[] target) {
        Quants.decode(type, data, row * rowBytes(), target, 0, cols);
    }

    @Override
    public void row(int row, MemorySegment target, long offset) {
        float[] values = new float[cols];
        decode(row, values);
        MemorySegment.copy(values, 0, target, ValueLayout.JAVA_FLOAT, offset, cols);
    }

    /** Copies rows to where they belong. */
    static final class Builder implements MatrixBuilder {
        private final ScalarMatrix matrix;

        Builder(DType type, int rows, int cols, Arena arena) {
            long bytes = Math.multiplyExact(type.bytesFor(cols), (long) rows);
            matrix = new ScalarMatrix(type, rows, cols, arena.allocate(bytes, 64));
        }

        @Override
        public void put(int firstRow, MemorySegment raw) {
            MemorySegment.copy(raw, 0, matrix.data, firstRow * matrix.rowBytes(), raw.byteSize());
        }

        @Override
        public Matrix build() {
            return matrix;
        }
    }
}
