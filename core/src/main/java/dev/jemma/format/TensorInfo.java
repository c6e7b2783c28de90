package dev.jemma.format;

import dev.jemma.tensor.DType;
import java.util.List;

/**
 * One tensor of a file, known from its header alone.
 *
 * @param name the name in the file
 * @param type the stored element type
 * @param shape dimensions, outermost first (row-major), so that a linear weight is [out, in] in every format
 * @param byteSize bytes of the stored data
 */
public record TensorInfo(String name, DType type, List<Long> shape, long byteSize) {
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** A tensor that is to be written: its size follows from type and shape. */
    public static TensorInfo of(String name, DType type, List<Long> shape) {
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return new TensorInfo(name, type, shape, type.bytesFor(elements));
    }

    /** The same under another name. */
    public TensorInfo named(String newName) {
        return new TensorInfo(newName, type, shape, byteSize);
    }

    /** The product of the dimensions. */
    public long elements() {
        long n = 1;
        for (long dim : shape) {
            n = Math.multiplyExact(n, dim);
        }
        return n;
    }

    /** Length of a row: the innermost dimension, 1 for a scalar. */
    public long cols() {
        return shape.isEmpty() ? 1 : shape.getLast();
    }

    /** Number of rows: the product of all dimensions but the innermost. */
    public long rows() {
        return cols() == 0 ? 0 : elements() / cols();
    }
}
