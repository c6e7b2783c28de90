package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A float32 matrix seen through strides, so that one product serves a layer's output and both of its gradients whatever
 * lies transposed. Element (r, c) is at float {@code at + r·row + (c / 16)·group + (c % 16)·col}: columns go in groups of
 * 16, the lanes of a panel.
 *
 * @param data holds it
 * @param at where element (0, 0) is, in floats
 * @param row from row to row, in floats
 * @param col from column to column within a group, in floats
 * @param group from group to group, in floats
 */
public record Grid(MemorySegment data, long at, long row, long col, long group) {
    /** Columns of a group. */
    public static final int LANES = PanelLayout.ROWS;

    /** x as it lies. */
    public static Grid of(Tensor x) {
        return new Grid(x.data(), 0, x.cols(), 1, LANES);
    }

    /** x seen transposed: [x.cols, x.rows]. */
    public static Grid transposed(Tensor x) {
        return new Grid(x.data(), 0, 1, x.cols(), (long) LANES * x.cols());
    }

    /** The same from element ({@code firstRow}, {@code firstCol}) on; {@code firstCol} is a multiple of 16. */
    public Grid from(long firstRow, long firstCol) {
        if (firstCol % LANES != 0) {
            throw new IllegalArgumentException("column " + firstCol + " does not start a group of " + LANES);
        }
        return new Grid(data, at + firstRow * row + firstCol / LANES * group, row, col, group);
    }

    /** Whether elements (0, 0) to (rows − 1, cols − 1) lie within {@link #data}; strides are not negative. */
    boolean holds(int rows, int cols) {
        if (rows == 0 || cols == 0) {
            return true;
        }
        long size = data.byteSize() / 4;
        int groups = (cols - 1) / LANES;
        if (at < 0 || row < 0 || col < 0 || group < 0 || (cols > 1 && col > size)) {
            return false;
        }
        // by division, since products of strides that nobody checked may overflow
        if ((rows > 1 && row > size / (rows - 1)) || (groups > 0 && group > size / groups)) {
            return false;
        }
        long inLast = groups * group + (cols - 1) % LANES * col;
        long inOthers = groups == 0 ? 0 : (groups - 1) * group + (LANES - 1) * col;
        return Math.max(inLast, inOthers) < size - at - (rows - 1) * row;
    }

    /** Byte offset of an element in {@link #data}. */
    public long offset(long r, long c) {
        return 4L * (at + r * row + c / LANES * group + c % LANES * col);
    }
}
