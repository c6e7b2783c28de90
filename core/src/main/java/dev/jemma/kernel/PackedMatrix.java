package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A matrix in panels of 16 rows (layout: {@link PanelLayout}), and the packing of a file's rows into them. */
record PackedMatrix(PanelLayout layout, int rows, MemorySegment data) implements Matrix {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt RAW_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort RAW_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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

    /** Packs panel by panel, so ranges that start at multiples of 16 never touch the same memory. */
    static final class Builder implements MatrixBuilder {
        private static final VarHandle INTS =
                MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
        private static final VarHandle SHORTS =
                MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

        private final PackedMatrix matrix;
        private final PanelLayout layout;

        Builder(DType type, int rows, int cols, Arena arena) {
            layout = new PanelLayout(type, cols);
            long bytes = Math.multiplyExact(Math.ceilDiv((long) rows, PanelLayout.ROWS), (long) layout.panelBytes);
            matrix = new PackedMatrix(layout, rows, arena.allocate(bytes, PanelLayout.LINE));
        }

        @Override
        public void put(int firstRow, MemorySegment raw) {
            long rowBytes = layout.type.bytesFor(layout.cols);
            int count = Math.toIntExact(raw.byteSize() / Math.max(1, rowBytes));
            if (firstRow % ROWS != 0 || count * rowBytes != raw.byteSize() || count > matrix.rows - firstRow) {
                throw new IllegalArgumentException(raw.byteSize() + " bytes at row " + firstRow
                        + " are not whole rows that start a panel of [" + matrix.rows + ", " + layout.cols + "]");
            }
            byte[] panel = new byte[layout.panelBytes];
            CodeRow codes = layout.codeBits > 0 ? new CodeRow(layout.type, layout.cols) : null;
            for (int row = 0; row < count; row += ROWS) {
                java.util.Arrays.fill(panel, (byte) 0);
                for (int lane = 0; lane < Math.min(ROWS, count - row); lane++) {
                    long at = (row + lane) * rowBytes;
                    if (codes == null) {
                        packFloats(raw, at, lane, panel);
                    } else {
                        codes.read(raw, at);
                        packCodes(codes, lane, panel);
                        packScales(codes, lane, panel);
                    }
                }
                MemorySegment.copy(
                        panel,
                        0,
                        matrix.data,
                        ValueLayout.JAVA_BYTE,
                        matrix.panel((firstRow + row) / ROWS),
                        panel.length);
            }
        }

        private void packFloats(MemorySegment raw, long at, int lane, byte[] panel) {
            if (layout.type == DType.F32) {
                for (int k = 0; k < layout.cols; k++) {
                    INTS.set(panel, 4 * (ROWS * k + lane), raw.get(RAW_INT, at + 4L * k));
                }
            } else {
                for (int k = 0; k < layout.cols; k++) {
                    SHORTS.set(panel, 2 * (ROWS * k + lane), raw.get(RAW_SHORT, at + 2L * k));
                }
            }
        }

        private void packCodes(CodeRow row, int lane, byte[] panel) {
            int bits = layout.codeBits;
            for (int k = 0; k < layout.cols; k += 8) {
                int a = (int) INTS.get(row.codes, k);
                int b = (int) INTS.get(row.codes, k + 4);
                if (bits == 8) {
                    INTS.set(panel, layout.lowLine(k) + 4 * lane, a);
                    INTS.set(panel, layout.lowLine(k + 4) + 4 * lane, b);
                    continue;
                }
                // signed codes become unsigned by flipping their sign bit, all four bytes at once
                int used = 0x01010101 * ((1 << bits) - 1);
                a = (a & used) ^ (0x01010101 * layout.codeOffset);
                b = (b & used) ^ (0x01010101 * layout.codeOffset);
                INTS.set(panel, layout.lowLine(k) + 4 * lane, (a & 0x0f0f0f0f) | (b & 0x0f0f0f0f) << 4);
                if (bits > 4) {
                    int at = layout.highLine(k) + 4 * lane;
                    int quad = k / 4 % 8;
                    int shift = bits == 5 ? quad : 2 * (quad & 3);
                    int high = ((a >>> 4) & 0x03030303) | ((b >>> 4) & 0x03030303) << (bits - 4);
                    INTS.set(panel, at, (int) INTS.get(panel, at) | (high << shift));
                }
            }
        }

        private void packScales(CodeRow row, int lane, byte[] panel) {
            for (int g = 0; g < row.groupScale.length; g++) {
                panel[layout.groupScaleAt + PanelLayout.LINE * (g / 4) + 4 * lane + (g & 3)] = row.groupScale[g];
            }
            for (int g = 0; g < row.groupMin.length; g++) {
                panel[layout.groupMinAt + PanelLayout.LINE * (g / 4) + 4 * lane + (g & 3)] = row.groupMin[g];
            }
            for (int b = 0; b < row.blockScale.length; b++) {
                SHORTS.set(panel, layout.scaleAt + 2 * (ROWS * b + lane), row.blockScale[b]);
            }
            for (int b = 0; b < row.blockMin.length; b++) {
                SHORTS.set(panel, layout.minScaleAt + 2 * (ROWS * b + lane), row.blockMin[b]);
            }
        }

        @Override
        public Matrix build() {
            return matrix;
        }
    }
}
