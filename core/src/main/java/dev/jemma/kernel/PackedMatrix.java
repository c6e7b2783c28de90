package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;

/** A matrix in panels of 16 rows (layout: {@link PanelLayout}), as {@link PanelPacker} packs it. */
record PackedMatrix(PanelLayout layout, int rows, MemorySegment data) implements Matrix {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ThreadLocal<float[]> ROW = ThreadLocal.withInitial(() -> new float[0]);

    @Override
    public DType type() {
        return layout.type;
    }

    @Override
    public int cols() {
        return layout.cols;
    }

    @Override
    public long byteSize() {
        return data.byteSize();
    }

    @Override
    public Optional<Grid> transposed() {
        return type() == DType.F32
                ? Optional.of(new Grid(data, 0, PanelLayout.ROWS, 1, layout.panelBytes / 4))
                : Optional.empty();
    }

    @Override
    public Matrix rows(int first, int count) {
        Shapes.rows(this, first, count);
        long bytes = (long) Math.ceilDiv(count, PanelLayout.ROWS) * layout.panelBytes;
        return new PackedMatrix(layout, count, data.asSlice(panel(first / PanelLayout.ROWS), bytes));
    }

    int panels() {
        return Math.ceilDiv(rows, PanelLayout.ROWS);
    }

    long panel(int panel) {
        return (long) panel * layout.panelBytes;
    }

    @Override
    public void row(int row, MemorySegment target, long offset) {
        java.util.Objects.checkIndex(row, rows);
        long panel = panel(row / PanelLayout.ROWS);
        int lane = row % PanelLayout.ROWS;
        float[] values = rowOf(cols());
        switch (type()) {
            case F32 -> {
                for (int k = 0; k < values.length; k++) {
                    values[k] = Float.intBitsToFloat(data.get(INT, panel + 4L * (PanelLayout.ROWS * k + lane)));
                }
            }
            case F16 -> {
                for (int k = 0; k < values.length; k++) {
                    values[k] = half(panel + 2L * PanelLayout.ROWS * k, lane);
                }
            }
            case BF16 -> {
                for (int k = 0; k < values.length; k++) {
                    values[k] = Float.intBitsToFloat(data.get(SHORT, panel + 2L * (PanelLayout.ROWS * k + lane)) << 16);
                }
            }
            default -> codedRow(panel, lane, values);
        }
        MemorySegment.copy(values, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, values.length);
    }

    /** A thread's memory for a row of this length: rows of a table are wanted token after token. */
    private static float[] rowOf(int cols) {
        float[] values = ROW.get();
        if (values.length != cols) {
            values = new float[cols];
            ROW.set(values);
        }
        return values;
    }

    private void codedRow(long panel, int lane, float[] values) {
        for (int g = 0; g < values.length / layout.groupSize; g++) {
            float scale = scale(panel, lane, g, layout.scaleAt, layout.groupScaleAt);
            float min = CodeRow.hasMin(type()) ? scale(panel, lane, g, layout.minScaleAt, layout.groupMinAt) : 0f;
            for (int k = g * layout.groupSize; k < (g + 1) * layout.groupSize; k++) {
                int low = data.get(INT, panel + layout.lowLine(k) + 4L * lane);
                int high = data.get(INT, panel + layout.highLine(k) + 4L * lane);
                float value = scale * layout.code(k, low, high);
                values[k] = CodeRow.hasMin(type()) ? value - min : value;
            }
        }
    }

    private float scale(long panel, int lane, int g, int scaleAt, int factorAt) {
        float d = half(panel + scaleAt + 2L * PanelLayout.ROWS * (g / layout.groupsPerScale), lane);
        if (layout.groupsPerScale == 1) {
            return d;
        }
        int factors = data.get(INT, panel + factorAt + (long) PanelLayout.LINE * (g / 4) + 4L * lane);
        return d * (byte) (factors >> (8 * (g & 3)));
    }

    private float half(long line, int lane) {
        return Float.float16ToFloat(data.get(SHORT, line + 2L * lane));
    }
}
