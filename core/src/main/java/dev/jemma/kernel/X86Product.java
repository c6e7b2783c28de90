package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.ProductCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * {@link Kernels#product} by emitted code. The sums are cut into stretches that start where the one before ended, so that
 * a piece of b stays in the first-level cache and a block of a, packed in tiles of 12 rows, in the second. b is read as
 * it lies if it lies in panels, else packed; where c has no whole group of columns the results go through scratch memory.
 */
final class X86Product {
    private static final int LANES = Grid.LANES;
    private static final int TILE = ProductCode.TILE_ROWS;
    private static final int TILE_ROW_BYTES = 4 * TILE;
    /** Length of a stretch: 32 columns of b take 32 KiB. */
    private static final int STRETCH = 256;
    /** Rows of a that are packed together; 288 KiB. */
    private static final int ROWS = 24 * TILE;
    /** Columns of b that are packed together; 512 KiB. */
    private static final int COLS = 512;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private final Isa isa;
    private final CodeSpace space;
    private final X86Moves moves;
    private final int maxGroups;
    /** By (rows − 1) · maxGroups + groups − 1. */
    private final AtomicReferenceArray<Code> codes;

    X86Product(Isa isa, CodeSpace space, X86Moves moves) {
        this.isa = isa;
        this.space = space;
        this.moves = moves;
        maxGroups = ProductCode.maxGroups(isa);
        codes = new AtomicReferenceArray<>(TILE * maxGroups);
    }

    /** A thread's packed pieces. */
    private static final class Scratch {
        final MemorySegment arguments = Arena.ofAuto().allocate(ProductCode.BYTES, PanelLayout.LINE);
        final MemorySegment left = Arena.ofAuto().allocate(4L * ROWS * STRETCH, PanelLayout.LINE);
        final MemorySegment right = Arena.ofAuto().allocate(4L * COLS * STRETCH, PanelLayout.LINE);
        /** A partial group of columns of b, and of c. */
        final MemorySegment lastRight = Arena.ofAuto().allocate(4L * LANES * STRETCH, PanelLayout.LINE);

        final MemorySegment results = Arena.ofAuto().allocate(4L * ROWS * LANES, PanelLayout.LINE);
    }

    private Code code(int rows, int groups) {
        int i = (rows - 1) * maxGroups + groups - 1;
        Code code = codes.get(i);
        if (code == null) {
            codes.compareAndSet(i, null, space.load(ProductCode.emit(isa, rows, groups)));
            code = codes.get(i);
        }
        return code;
    }

    void multiply(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        Shapes.product(a, b, c, m, n, k);
        if (m == 0 || n == 0) {
            return;
        }
        if (k == 0 || !a.data().isNative() || !b.data().isNative() || !c.data().isNative()) {
            ScalarProduct.multiply(a, b, c, m, n, k, accumulate);
            return;
        }
        new Run(a, b, c, m, n, k, accumulate).all();
    }

    /** One product. */
    private final class Run {
        private final Grid a;
        private final Grid b;
        private final Grid c;
        private final int m;
        private final int n;
        private final int k;
        private final boolean accumulate;
        /** b lies in panels and needs no packing, but perhaps for its last group. */
        private final boolean panels;

        private final Scratch scratch = SCRATCH.get();
        /** Where the next call finds b. */
        private MemorySegment right = MemorySegment.NULL;

        Run(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
            this.a = a;
            this.b = b;
            this.c = c;
            this.m = m;
            this.n = n;
            this.k = k;
            this.accumulate = accumulate;
            panels = b.col() == 1 && b.row() == LANES;
        }

        void all() {
            int stretches = Math.ceilDiv(k, STRETCH);
            int stretch = Math.ceilDiv(Math.ceilDiv(k, stretches), LANES) * LANES;
            int cols = panels ? n : COLS;
            for (int j = 0; j < n; j += cols) {
                for (int l = 0; l < k; l += stretch) {
                    columns(j, Math.min(cols, n - j), l, Math.min(stretch, k - l));
                }
            }
        }

        /** All rows of c, columns {@code col} …: what {@code count} elements of their sums from {@code l} on give. */
        private void columns(int col, int cols, int l, int count) {
            int whole = cols / LANES;
            if (b.col() == 1 && !panels && whole > 0) {
                long from = b.offset(l, col) / 4;
                moves.copyPieces(b.data(), from, b.row(), b.group(), count, whole, LANES, scratch.right);
            } else {
                for (int g = 0; g < whole && !panels; g++) {
                    packRight(col + g * LANES, LANES, l, count, scratch.right, 4L * LANES * count * g);
                }
            }
            if (cols % LANES != 0) {
                packRight(col + whole * LANES, cols % LANES, l, count, scratch.lastRight, 0);
            }
            for (int i = 0; i < m; i += ROWS) {
                int rows = Math.min(ROWS, m - i);
                packLeft(i, rows, l, count);
                boolean onto = accumulate || l > 0;
                if (c.col() == 1) {
                    for (int g = 0; g < whole; g += maxGroups) {
                        int groups = Math.min(maxGroups, whole - g);
                        right(col, g, l, count);
                        long to = c.offset(i, col + (long) g * LANES);
                        call(rows, groups, count, onto, to, 4 * c.row(), 4 * c.group());
                    }
                } else {
                    for (int g = 0; g < whole; g++) {
                        right(col, g, l, count);
                        throughScratch(i, rows, col + g * LANES, LANES, count, onto);
                    }
                }
                if (cols % LANES != 0) {
                    rightIs(scratch.lastRight, 0, 0);
                    throughScratch(i, rows, col + whole * LANES, cols % LANES, count, onto);
                }
            }
        }

        private void rightIs(MemorySegment data, long at, long groupBytes) {
            right = data;
            scratch.arguments.set(LONG, ProductCode.B, at);
            scratch.arguments.set(LONG, ProductCode.B_GROUP_BYTES, groupBytes);
            scratch.arguments.set(LONG, ProductCode.NEXT_BYTES, maxGroups * groupBytes);
        }

        private void right(int col, int g, int l, int count) {
            if (panels) {
                rightIs(b.data(), b.offset(l, col + (long) g * LANES), 4 * b.group());
            } else {
                long groupBytes = 4L * LANES * count;
                rightIs(scratch.right, groupBytes * g, groupBytes);
            }
        }

        /** A group of columns of b to [count][16], zeros where it has fewer. */
        private void packRight(int col, int cols, int l, int count, MemorySegment to, long at) {
            if (cols < LANES) {
                to.asSlice(at, 4L * LANES * count).fill((byte) 0);
            }
            long across = b.col();
            long down = b.row();
            Grid turned = new Grid(b.data(), b.offset(l, col) / 4, across, down, LANES * down);
            moves.pack(turned, 0, cols, 0, count, to, at, 4 * LANES);
        }

        private void packLeft(int row, int rows, int l, int count) {
            for (int i = 0; i < rows; i += TILE) {
                long at = (long) i * 4 * count;
                moves.pack(a, row + i, Math.min(TILE, rows - i), l, count, scratch.left, at, TILE_ROW_BYTES);
            }
        }

        /** Rows of c that begin at byte {@code to} of its memory: whole tiles, then the rest. */
        private void call(int rows, int groups, int count, boolean onto, long to, long rowBytes, long groupBytes) {
            call(c.data(), rows, groups, count, onto, to, rowBytes, groupBytes);
        }

        private void call(
                MemorySegment out,
                int rows,
                int groups,
                int count,
                boolean onto,
                long to,
                long rowBytes,
                long groupBytes) {
            MemorySegment arguments = scratch.arguments;
            arguments.set(LONG, ProductCode.K, count);
            arguments.set(LONG, ProductCode.TILE_BYTES, (long) TILE_ROW_BYTES * count);
            arguments.set(LONG, ProductCode.C_ROW_BYTES, rowBytes);
            arguments.set(LONG, ProductCode.C_GROUP_BYTES, groupBytes);
            arguments.set(LONG, ProductCode.ACCUMULATE, onto ? 1 : 0);
            int tiles = rows / TILE;
            if (tiles > 0) {
                arguments.set(LONG, ProductCode.A, 0);
                arguments.set(LONG, ProductCode.C, to);
                arguments.set(LONG, ProductCode.TILES, tiles);
                code(TILE, groups).call(arguments, scratch.left, right, out);
            }
            if (rows % TILE != 0) {
                arguments.set(LONG, ProductCode.A, (long) tiles * TILE_ROW_BYTES * count);
                arguments.set(LONG, ProductCode.C, to + (long) tiles * TILE * rowBytes);
                arguments.set(LONG, ProductCode.TILES, 1);
                code(rows % TILE, groups).call(arguments, scratch.left, right, out);
            }
        }

        /** {@code cols} columns of c, at most a group, that cannot be read or written 16 at a time. */
        private void throughScratch(int row, int rows, int col, int cols, int count, boolean onto) {
            MemorySegment results = scratch.results;
            for (int i = 0; i < rows && onto; i++) {
                for (int j = 0; j < cols; j++) {
                    results.set(FLOAT, 4L * (i * LANES + j), c.data().get(FLOAT, c.offset(row + i, col + j)));
                }
            }
            call(results, rows, 1, count, onto, 0, 4L * LANES, 0);
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < cols; j++) {
                    c.data().set(FLOAT, c.offset(row + i, col + j), results.get(FLOAT, 4L * (i * LANES + j)));
                }
            }
        }
    }
}
