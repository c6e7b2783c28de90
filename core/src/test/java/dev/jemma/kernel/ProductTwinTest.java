package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Products by every provider of this machine against the plain form, to the bit, however the operands lie. */
class ProductTwinTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    /** m, n, k: below, at and beyond registers, groups, tiles and stretches. */
    private static final int[][] SHAPES = {
        {1, 1, 1},
        {1, 16, 3},
        {5, 7, 2},
        {6, 32, 16},
        {12, 48, 31},
        {13, 33, 17},
        {25, 50, 70},
        {40, 20, 300},
        {7, 530, 20},
        {300, 17, 33},
        {11, 16, 600}
    };

    private final Arena arena = Arena.ofShared();
    private final Random random = new Random(12);

    @AfterEach
    void close() {
        arena.close();
    }

    private static List<Kernels> providers() {
        List<Kernels> all = new ArrayList<>(TestData.emittedKernels());
        all.add(new VectorKernels());
        return all;
    }

    /** How a matrix can lie; all begin at some place in their memory. */
    private enum Lie {
        ROWS,
        TRANSPOSED,
        PANELS,
        PANELS_TRANSPOSED,
        ODD;

        Grid grid(Arena arena, int rows, int cols) {
            int padded = Math.ceilDiv(cols, Grid.LANES) * Grid.LANES;
            int paddedRows = Math.ceilDiv(rows, Grid.LANES) * Grid.LANES;
            MemorySegment data = arena.allocate(4L * (3L * padded * paddedRows + 64), 64);
            return switch (this) {
                case ROWS -> new Grid(data, 5, cols, 1, Grid.LANES);
                case TRANSPOSED -> new Grid(data, 0, 1, rows, (long) Grid.LANES * rows);
                case PANELS -> new Grid(data, 16, Grid.LANES, 1, (long) Grid.LANES * rows);
                case PANELS_TRANSPOSED -> new Grid(data, 0, 1, paddedRows, (long) Grid.LANES * paddedRows);
                case ODD -> new Grid(data, 3, 2L * padded, 2, 2L * Grid.LANES);
            };
        }
    }

    private Grid random(Lie lie, int rows, int cols) {
        Grid grid = lie.grid(arena, rows, cols);
        for (long i = 0; i < grid.data().byteSize() / 4; i++) {
            grid.data().setAtIndex(FLOAT, i, (float) random.nextGaussian());
        }
        return grid;
    }

    private Grid copy(Grid grid) {
        MemorySegment data = arena.allocate(grid.data().byteSize(), 64);
        data.copyFrom(grid.data());
        return new Grid(data, grid.at(), grid.row(), grid.col(), grid.group());
    }

    @Test
    void everyProviderGivesTheBitsOfTheTwinAndWritesNothingElse() {
        for (int[] shape : SHAPES) {
            int m = shape[0];
            int n = shape[1];
            int k = shape[2];
            for (Lie left : Lie.values()) {
                for (Lie right : Lie.values()) {
                    Lie out = Lie.values()[random.nextInt(5)];
                    boolean accumulate = random.nextBoolean();
                    Grid a = random(left, m, k);
                    Grid b = random(right, k, n);
                    Grid c = random(out, m, n);
                    Grid expected = copy(c);
                    ScalarProduct.multiply(a, b, expected, m, n, k, accumulate);
                    for (Kernels kernels : providers()) {
                        Grid actual = copy(c);
                        kernels.product(a, b, actual, m, n, k, accumulate);
                        assertSame(
                                actual,
                                expected,
                                kernels.name() + " [" + m + ", " + k + "] " + left + " · [" + k + ", " + n + "] "
                                        + right + " to " + out + (accumulate ? ", added" : ""));
                    }
                }
            }
        }
    }

    private static void assertSame(Grid actual, Grid expected, String what) {
        for (long i = 0; i < expected.data().byteSize() / 4; i++) {
            float is = actual.data().getAtIndex(FLOAT, i);
            float wanted = expected.data().getAtIndex(FLOAT, i);
            if (Float.floatToIntBits(is) != Float.floatToIntBits(wanted)) {
                fail("%s: float %d is %s, not %s", what, i, is, wanted);
            }
        }
    }

    @Test
    void blocksOfTheResultAndStretchesOfTheSumsMayBeComputedApart() {
        Grid a = random(Lie.ROWS, 30, 80);
        Grid b = random(Lie.PANELS, 80, 70);
        Grid c = random(Lie.ROWS, 30, 70);
        for (Kernels kernels : providers()) {
            Grid whole = copy(c);
            Grid parts = copy(c);
            kernels.product(a, b, whole, 30, 70, 80, true);
            for (int i = 0; i < 30; i += 11) {
                for (int j = 0; j < 70; j += 32) {
                    for (int l = 0; l < 80; l += 48) {
                        int rows = Math.min(11, 30 - i);
                        int cols = Math.min(32, 70 - j);
                        kernels.product(
                                a.from(i, l), b.from(l, j), parts.from(i, j), rows, cols, Math.min(48, 80 - l), true);
                    }
                }
            }
            assertSame(parts, whole, kernels.name());
        }
    }

    @Test
    void notANumberAndInfinityGoThroughAndNothingTimesNothingIsNothing() {
        Grid a = random(Lie.TRANSPOSED, 14, 20);
        Grid b = random(Lie.ROWS, 20, 18);
        a.data().setAtIndex(FLOAT, 3, Float.NaN);
        b.data().setAtIndex(FLOAT, 8, Float.POSITIVE_INFINITY);
        Grid c = random(Lie.ROWS, 14, 18);
        Grid expected = copy(c);
        ScalarProduct.multiply(a, b, expected, 14, 18, 20, true);
        for (Kernels kernels : providers()) {
            Grid actual = copy(c);
            kernels.product(a, b, actual, 14, 18, 20, true);
            assertSame(actual, expected, kernels.name());
            kernels.product(a, b, actual, 14, 18, 0, true);
            kernels.product(a, b, actual, 0, 18, 20, false);
            kernels.product(a, b, actual, 14, 0, 20, false);
            assertSame(actual, expected, kernels.name() + ", empty sums added");
            kernels.product(a, b, actual, 14, 18, 0, false);
            assertThat(actual.data().get(FLOAT, actual.offset(13, 17))).isZero();
        }
    }

    @Test
    void operandsBeyondTheirMemoryAreRefused() {
        Grid a = Grid.of(Tensor.allocate(arena, 4, 20));
        Grid b = Grid.of(Tensor.allocate(arena, 20, 17));
        Grid c = Grid.of(Tensor.allocate(arena, 4, 17));
        List<Kernels> all = providers();
        all.add(new ScalarKernels());
        for (Kernels kernels : all) {
            kernels.product(a, b, c, 4, 17, 20, false);
            assertThatThrownBy(() -> kernels.product(a, b, c, 5, 17, 20, false))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> kernels.product(a, b, c, 4, 17, 21, false))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> kernels.product(a, b, c, 4, 18, 20, false))
                    .isInstanceOf(IllegalArgumentException.class);
            Grid huge = new Grid(a.data(), 0, Long.MAX_VALUE / 2, 1, Grid.LANES);
            assertThatThrownBy(() -> kernels.product(huge, b, c, 4, 17, 20, false))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
