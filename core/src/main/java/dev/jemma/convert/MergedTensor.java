package dev.jemma.convert;

import dev.jemma.format.TensorFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.Matrix;
import dev.jemma.model.Linear;
import dev.jemma.model.LowRank;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One matrix with its low-rank addition, seen as the only tensor of a file: rows of W + s·B·A are computed when they are
 * read, in float32, so merging streams like any conversion. B·A is added up on its own, then scaled and added to W.
 */
final class MergedTensor implements TensorFile {
    private final TensorFile base;
    private final TensorInfo source;
    private final TensorInfo merged;
    private final LowRank addition;
    private final float[] a;
    private final Matrix b;

    /**
     * @param source W in {@code base}, [out, in]
     * @param addition A [r, in] and B [out, r], packed
     */
    MergedTensor(TensorFile base, TensorInfo source, LowRank addition) {
        this.base = base;
        this.source = source;
        this.addition = addition;
        merged = TensorInfo.of(source.name(), DType.F32, source.shape());
        a = rows(packed(addition.a()), 0, addition.rank());
        b = packed(addition.b());
    }

    private static Matrix packed(Linear linear) {
        if (linear instanceof Linear.Packed(Matrix matrix)) {
            return matrix;
        }
        throw new IllegalArgumentException("an adapter is made of packed matrices");
    }

    /** Rows of a matrix, one after the other. */
    private static float[] rows(Matrix matrix, int first, int count) {
        float[] values = new float[Math.multiplyExact(count, matrix.cols())];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate(4L * matrix.cols(), 64);
            for (int r = 0; r < count; r++) {
                matrix.row(first + r, row, 0);
                MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, values, r * matrix.cols(), matrix.cols());
            }
        }
        return values;
    }

    /** The tensor. */
    TensorInfo info() {
        return merged;
    }

    @Override
    public String description() {
        return base.description();
    }

    @Override
    public List<TensorInfo> tensors() {
        return List.of(merged);
    }

    @Override
    public Optional<TensorInfo> find(String name) {
        return Optional.of(merged).filter(info -> info.name().equals(name));
    }

    /** Reads whole rows. */
    @Override
    public void read(TensorInfo tensor, long offset, MemorySegment target) {
        int cols = Math.toIntExact(merged.cols());
        long rowBytes = merged.type().bytesFor(cols);
        if (offset % rowBytes != 0 || target.byteSize() % rowBytes != 0) {
            throw new IllegalArgumentException("a merged tensor is read row by row");
        }
        int first = Math.toIntExact(offset / rowBytes);
        int rows = Math.toIntExact(target.byteSize() / rowBytes);
        long sourceRow = source.type().bytesFor(cols);
        MemorySegment raw = MemorySegment.ofArray(new byte[Math.toIntExact(rows * sourceRow)]);
        base.read(source, first * sourceRow, raw);
        int rank = addition.rank();
        float[] left = rows(b, first, rows); // [rows, r]
        float[] values = new float[cols];
        float[] sum = new float[cols];
        for (int r = 0; r < rows; r++) {
            Arrays.fill(sum, 0);
            for (int k = 0; k < rank; k++) {
                addMultiple(sum, left[r * rank + k], k * cols);
            }
            Quants.decode(source.type(), raw, r * sourceRow, values, 0, cols);
            for (int i = 0; i < cols; i++) {
                values[i] += addition.scale() * sum[i];
            }
            Quants.encode(DType.F32, values, 0, target, r * rowBytes, cols);
        }
    }

    /** sum += factor · the row of A that begins at {@code at}. */
    private void addMultiple(float[] sum, float factor, int at) {
        for (int i = 0; i < sum.length; i++) {
            sum[i] += factor * a[at + i];
        }
    }

    @Override
    public void close() {
        // the base belongs to whoever opened it
    }
}
