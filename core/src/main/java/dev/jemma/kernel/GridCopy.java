package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The plain forms of {@link Kernels#copy} and {@link Kernels#decode}. */
final class GridCopy {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private GridCopy() {}

    static void copy(Grid from, Grid to, int rows, int cols, boolean add) {
        Shapes.copy(from, to, rows, cols);
        for (int j = 0; j < cols; j++) {
            column(from, to, j, 0, rows, add);
        }
    }

    /** Elements {@code first} … {@code end} − 1 of a column. */
    static void column(Grid from, Grid to, int col, int first, int end, boolean add) {
        long source = from.offset(first, col);
        long target = to.offset(first, col);
        for (int i = first; i < end; i++) {
            float value = from.data().get(FLOAT, source);
            to.data().set(FLOAT, target, add ? to.data().get(FLOAT, target) + value : value);
            source += 4 * from.row();
            target += 4 * to.row();
        }
    }

    static void decode(Matrix w, int firstRow, int rows, MemorySegment panels) {
        int cols = w.cols();
        float[] row = new float[cols];
        MemorySegment values = MemorySegment.ofArray(row);
        for (int r = 0; r < rows; r++) {
            w.row(firstRow + r, values, 0);
            long panel = r / Grid.LANES;
            long at = 4L * (panel * Grid.LANES * cols + r % Grid.LANES);
            for (int k = 0; k < cols; k++) {
                panels.set(FLOAT, at + 4L * Grid.LANES * k, row[k]);
            }
        }
    }
}
