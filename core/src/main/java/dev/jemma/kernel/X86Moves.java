package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.MoveCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Copies and transposes stretches of grids by emitted code, four floats at a time; what is left of rows and columns goes
 * one by one. Callers have checked that both grids hold what they name.
 */
final class X86Moves {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int LANES = Grid.LANES;
    private static final int QUAD = 4;

    private static final ThreadLocal<MemorySegment> ARGUMENTS =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(MoveCode.BYTES, PanelLayout.LINE));

    /** By pieces of 4 floats, less one. */
    private final Code[] copies = new Code[LANES / QUAD];

    private final Code transpose;
    private final Code transposeAndAdd;

    X86Moves(CodeSpace space) {
        for (int i = 0; i < copies.length; i++) {
            copies[i] = space.load(MoveCode.copy(i + 1));
        }
        transpose = space.load(MoveCode.transpose(false));
        transposeAndAdd = space.load(MoveCode.transpose(true));
    }

    /** {@link Kernels#copy}: by fours where one side is the other transposed, panels or not. */
    void copy(Grid from, Grid to, int rows, int cols, boolean add) {
        Shapes.copy(from, to, rows, cols);
        boolean pack = from.row() == 1 && to.col() == 1;
        boolean unpack = from.col() == 1 && to.row() == 1;
        int whole = rows / QUAD * QUAD;
        boolean turned = pack || unpack;
        if (!turned || whole == 0 || !from.data().isNative() || !to.data().isNative()) {
            GridCopy.copy(from, to, rows, cols, add);
            return;
        }
        for (int j = 0; j < cols; j += LANES) {
            int quads = Math.min(LANES, cols - j) / QUAD;
            if (quads > 0) {
                turn(from, to, j, whole, quads, pack, add);
            }
            for (int i = j + quads * QUAD; i < Math.min(j + LANES, cols); i++) {
                GridCopy.column(from, to, i, 0, whole, add);
            }
        }
        for (int i = 0; i < cols && whole < rows; i++) {
            GridCopy.column(from, to, i, whole, rows, add);
        }
    }

    /** Quads of a group of columns: source rows are columns of {@code from} when packing, rows when unpacking. */
    private void turn(Grid from, Grid to, int col, int rows, int quads, boolean pack, boolean add) {
        MemorySegment a = ARGUMENTS.get();
        a.set(LONG, MoveCode.SOURCE, from.offset(0, col));
        a.set(LONG, MoveCode.TARGET, to.offset(0, col));
        a.set(LONG, MoveCode.GROUPS, quads);
        a.set(LONG, MoveCode.STEPS, rows / QUAD);
        a.set(LONG, MoveCode.SOURCE_ROW, 4 * (pack ? from.col() : from.row()));
        a.set(LONG, MoveCode.TARGET_ROW, 4 * (pack ? to.row() : to.col()));
        a.set(LONG, MoveCode.SOURCE_STEP, 4L * QUAD * from.row());
        a.set(LONG, MoveCode.TARGET_STEP, 4L * QUAD * to.row());
        a.set(LONG, MoveCode.SOURCE_GROUP, 4L * QUAD * from.col());
        a.set(LONG, MoveCode.TARGET_GROUP, 4L * QUAD * to.col());
        (add ? transposeAndAdd : transpose).call(a, from.data(), to.data(), to.data());
    }

    /**
     * The transpose of rows {@code firstRow} … of {@code from}, columns {@code firstCol} … (a multiple of 16), packed:
     * column l of the source becomes {@code rows} floats at byte {@code at + l·stride}.
     */
    void pack(Grid from, int firstRow, int rows, int firstCol, int cols, MemorySegment to, long at, int stride) {
        int whole = from.col() == 1 || from.row() == 1 ? rows / QUAD * QUAD : 0;
        int quads = from.col() == 1 ? cols / QUAD * QUAD : cols;
        quads = whole == 0 ? 0 : quads;
        int groups = cols / LANES;
        if (quads > 0) {
            if (groups > 0) {
                pack(from, firstRow, whole, firstCol, groups, LANES, to, at, stride);
            }
            int done = groups * LANES;
            if (quads > done) {
                pack(from, firstRow, whole, firstCol + done, 1, quads - done, to, at + (long) done * stride, stride);
            }
        }
        one(from, firstRow, whole, firstCol, 0, quads, rows, to, at, stride);
        one(from, firstRow, 0, firstCol, quads, cols, rows, to, at, stride);
    }

    /**
     * Copies pieces of {@code width} floats (4, 8, 12 or 16) in the order in which they lie, row by row: piece p of row l
     * from float {@code at + l·row + p·step} to byte {@code (p·rows + l)·4·width} of the target. Long rows may lie pages
     * apart; then this reads each page once.
     */
    void copyPieces(
            MemorySegment from, long at, long row, long step, int rows, int pieces, int width, MemorySegment to) {
        MemorySegment a = ARGUMENTS.get();
        a.set(LONG, MoveCode.SOURCE, 4 * at);
        a.set(LONG, MoveCode.TARGET, 0);
        a.set(LONG, MoveCode.GROUPS, rows);
        a.set(LONG, MoveCode.STEPS, pieces);
        a.set(LONG, MoveCode.SOURCE_STEP, 4 * step);
        a.set(LONG, MoveCode.TARGET_STEP, 4L * width * rows);
        a.set(LONG, MoveCode.SOURCE_GROUP, 4 * row);
        a.set(LONG, MoveCode.TARGET_GROUP, 4L * width);
        copies[width / QUAD - 1].call(a, from, to, to);
    }

    /** Whole quads: {@code groups} groups of {@code cols} columns. */
    private void pack(
            Grid from,
            int firstRow,
            int rows,
            int firstCol,
            int groups,
            int cols,
            MemorySegment to,
            long at,
            int stride) {
        if (from.col() == 1) {
            for (int q = 0; q < rows; q += QUAD) {
                MemorySegment a = ARGUMENTS.get();
                a.set(LONG, MoveCode.SOURCE_ROW, 4 * from.row());
                a.set(LONG, MoveCode.SOURCE_STEP, 4L * QUAD);
                a.set(LONG, MoveCode.TARGET_ROW, stride);
                a.set(LONG, MoveCode.TARGET_STEP, (long) QUAD * stride);
                walk(transpose, from, firstRow + q, firstCol, groups, cols / QUAD, to, at + 4L * q, stride);
            }
        } else {
            MemorySegment a = ARGUMENTS.get();
            a.set(LONG, MoveCode.SOURCE_STEP, 4 * from.col());
            a.set(LONG, MoveCode.TARGET_STEP, stride);
            walk(copies[rows / QUAD - 1], from, firstRow, firstCol, groups, cols, to, at, stride);
        }
    }

    private static void walk(
            Code code, Grid from, int row, int col, int groups, int steps, MemorySegment to, long at, int stride) {
        MemorySegment a = ARGUMENTS.get();
        a.set(LONG, MoveCode.SOURCE, from.offset(row, col));
        a.set(LONG, MoveCode.TARGET, at);
        a.set(LONG, MoveCode.GROUPS, groups);
        a.set(LONG, MoveCode.STEPS, steps);
        a.set(LONG, MoveCode.SOURCE_GROUP, 4 * from.group());
        a.set(LONG, MoveCode.TARGET_GROUP, (long) LANES * stride);
        code.call(a, from.data(), to, to);
    }

    private static void one(
            Grid from,
            int firstRow,
            int startRow,
            int firstCol,
            int startCol,
            int endCol,
            int endRow,
            MemorySegment to,
            long at,
            int stride) {
        for (int l = startCol; l < endCol; l++) {
            for (int r = startRow; r < endRow; r++) {
                float value = from.data().get(FLOAT, from.offset(firstRow + r, firstCol + l));
                to.set(FLOAT, at + (long) l * stride + 4L * r, value);
            }
        }
    }
}
