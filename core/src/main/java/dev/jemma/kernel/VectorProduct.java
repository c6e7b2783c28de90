package dev.jemma.kernel;

import static dev.jemma.kernel.VectorMath.F;
import static dev.jemma.kernel.VectorMath.L;
import static dev.jemma.kernel.VectorMath.LE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * {@link Kernels#product} on the Vector API: stretches of the sums, a packed by 4 rows and b by 2 groups of 16 columns,
 * multiplied by the micro-kernel of {@link Gemm}.
 */
final class VectorProduct {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LANES = Grid.LANES;
    private static final int TILE = Gemm.TOKENS;
    /** Length of a stretch, rows of a and columns of b that are packed together. */
    private static final int STRETCH = 256;

    private static final int ROWS = 256;
    private static final int COLS = 2 * LANES;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private VectorProduct() {}

    /** A thread's packed pieces: [row / 4][l][4], [group][l][16], and sums [group][row][16]. */
    private static final class Scratch {
        final float[] left = new float[ROWS * STRETCH];
        final float[] right = new float[COLS * STRETCH];
        final float[] sums = new float[TILE * COLS];
    }

    static void multiply(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        Shapes.product(a, b, c, m, n, k);
        if (k == 0) {
            ScalarProduct.multiply(a, b, c, m, n, k, accumulate);
            return;
        }
        Scratch scratch = SCRATCH.get();
        for (int l = 0; l < k; l += STRETCH) {
            int count = Math.min(STRETCH, k - l);
            boolean onto = accumulate || l > 0;
            for (int i = 0; i < m; i += ROWS) {
                int rows = Math.min(ROWS, m - i);
                packLeft(a, i, rows, l, count, scratch.left);
                for (int j = 0; j < n; j += COLS) {
                    int cols = Math.min(COLS, n - j);
                    packRight(b, j, cols, l, count, scratch.right);
                    for (int r = 0; r < rows; r += TILE) {
                        tile(scratch, c, i + r, Math.min(TILE, rows - r), j, cols, r * count, count, onto);
                    }
                }
            }
        }
    }

    private static void packLeft(Grid a, int row, int rows, int l, int count, float[] to) {
        MemorySegment data = a.data();
        for (int r = 0; r < Math.ceilDiv(rows, TILE) * TILE; r++) {
            int at = r / TILE * TILE * count + r % TILE;
            for (int g = 0; g < count; g += LANES) {
                long from = r < rows ? a.offset(row + r, l + g) : 0;
                for (int x = g; x < Math.min(g + LANES, count); x++) {
                    to[at + TILE * x] = r < rows ? data.get(FLOAT, from) : 0f;
                    from += 4 * a.col();
                }
            }
        }
    }

    private static void packRight(Grid b, int col, int cols, int l, int count, float[] to) {
        if (cols < COLS) {
            Arrays.fill(to, 0, COLS * count, 0f);
        }
        MemorySegment data = b.data();
        for (int g = 0; g < cols; g += LANES) {
            int lanes = Math.min(LANES, cols - g);
            for (int x = 0; x < count; x++) {
                long from = b.offset(l + x, col + g);
                int at = g * count + LANES * x;
                if (lanes == LANES && b.col() == 1) {
                    for (int h = 0; h < LANES; h += L) {
                        VectorMath.load(data, from + 4L * h).intoArray(to, at + h);
                    }
                } else {
                    for (int lane = 0; lane < lanes; lane++) {
                        to[at + lane] = data.get(FLOAT, from + 4 * b.col() * lane);
                    }
                }
            }
        }
    }

    private static void tile(
            Scratch scratch, Grid c, int row, int rows, int col, int cols, int left, int count, boolean onto) {
        float[] sums = scratch.sums;
        if (onto) {
            move(c, row, rows, col, cols, sums, true);
        } else {
            Arrays.fill(sums, 0f);
        }
        int used = cols <= LANES ? Math.max(LANES, 2 * L) : COLS; // a pair of 512-bit vectors takes both groups
        for (int v = 0; v < used; v += 2 * L) {
            int w = v + L;
            Gemm.exact4x2(
                    scratch.left,
                    left,
                    scratch.right,
                    v / LANES * LANES * count + v % LANES,
                    w / LANES * LANES * count + w % LANES,
                    count,
                    sums,
                    v / LANES * LANES * TILE + v % LANES,
                    w / LANES * LANES * TILE + w % LANES);
        }
        move(c, row, rows, col, cols, sums, false);
    }

    /** A tile of c to the sums or back. */
    private static void move(Grid c, int row, int rows, int col, int cols, float[] sums, boolean load) {
        MemorySegment data = c.data();
        for (int g = 0; g < cols; g += LANES) {
            int lanes = Math.min(LANES, cols - g);
            for (int r = 0; r < rows; r++) {
                long at = c.offset(row + r, col + g);
                int sum = g * TILE + LANES * r;
                if (lanes == LANES && c.col() == 1) {
                    for (int h = 0; h < LANES; h += L) {
                        if (load) {
                            VectorMath.load(data, at + 4L * h).intoArray(sums, sum + h);
                        } else {
                            FloatVector.fromArray(F, sums, sum + h).intoMemorySegment(data, at + 4L * h, LE);
                        }
                    }
                } else {
                    for (int lane = 0; lane < lanes; lane++) {
                        long element = at + 4 * c.col() * lane;
                        if (load) {
                            sums[sum + lane] = data.get(FLOAT, element);
                        } else {
                            data.set(FLOAT, element, sums[sum + lane]);
                        }
                    }
                }
            }
        }
    }
}
