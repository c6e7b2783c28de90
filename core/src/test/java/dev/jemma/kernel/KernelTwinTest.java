package dev.jemma.kernel;

import static dev.jemma.kernel.TestData.activations;
import static dev.jemma.kernel.TestData.assertSameBits;
import static dev.jemma.kernel.TestData.copy;
import static dev.jemma.kernel.TestData.equalCodes;
import static dev.jemma.kernel.TestData.linear;
import static dev.jemma.kernel.TestData.pack;
import static dev.jemma.kernel.TestData.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every provider promises, held against the scalar twin to the bit. Run by one subclass per provider. */
abstract class KernelTwinTest {
    private static final int[] TOKENS = {1, 2, 3, 4, 5, 7, 8, 17, 64};
    private static final int[] ROWS = {1, 15, 16, 17, 33};

    final ScalarKernels twin = new ScalarKernels();
    final Arena arena = Arena.ofShared();
    final Workers alone = new WorkerPool(1);
    final Workers three = new WorkerPool(3);

    abstract Kernels kernels();

    @AfterEach
    void close() {
        alone.close();
        three.close();
        arena.close();
    }

    private static int[] cols(DType type) {
        return switch (type.blockElements()) {
            case 1 -> new int[] {1, 20, 72, 96, 300};
            case 32 -> new int[] {32, 64, 96, 256, 640};
            default -> new int[] {256, 512, 2304};
        };
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyRowComesBackFromThePackedMatrixAsTheFileDecodes(DType type) {
        Random random = new Random(1);
        for (int rows : ROWS) {
            for (int cols : cols(type)) {
                MemorySegment raw = weights(random, type, rows, cols);
                Matrix w = pack(kernels(), arena, type, rows, cols, raw);
                Tensor row = Tensor.allocate(arena, 2, cols);
                float[] expected = new float[cols];
                for (int n = 0; n < rows; n++) {
                    Quants.decode(type, raw, n * type.bytesFor(cols), expected, 0, cols);
                    w.row(n, row.data(), row.offset(1, 0));
                    for (int i = 0; i < cols; i++) {
                        assertThat(row.get(1, i) == expected[i])
                                .as("%s row %d of %d, column %d", type, n, rows, i)
                                .isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void aPackedMatrixTakesHardlyMoreMemoryThanTheFile(DType type) {
        int cols = type.blockElements() == 256 ? 2048 : 640;
        Matrix w = pack(kernels(), arena, type, 256, cols, weights(new Random(1), type, 256, cols));
        double limit = type == DType.Q4_K || type == DType.Q5_K ? 1.03 : 1.02;
        assertThat((double) w.byteSize()).isLessThanOrEqualTo(limit * 256 * type.bytesFor(cols));
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void rangesOfRowsMayArriveInAnyOrder(DType type) {
        int cols = cols(type)[2];
        long rowBytes = type.bytesFor(cols);
        MemorySegment raw = weights(new Random(5), type, 37, cols);
        Tensor x = activations(new Random(6), arena, 3, cols);
        MatrixBuilder builder = kernels().matrix(type, 37, cols, arena);
        builder.put(32, raw.asSlice(32 * rowBytes));
        builder.put(0, raw.asSlice(0, 16 * rowBytes));
        builder.put(16, raw.asSlice(16 * rowBytes, 16 * rowBytes));
        Matrix whole = pack(kernels(), arena, type, 37, cols, raw);
        for (Precision precision : Precision.values()) {
            assertSameBits(
                    linear(kernels(), alone, arena, x, builder.build(), precision),
                    linear(kernels(), alone, arena, x, whole, precision),
                    type + " " + precision);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void linearGivesTheBitsOfTheTwin(DType type) {
        Random random = new Random(2);
        for (int rows : ROWS) {
            for (int cols : cols(type)) {
                MemorySegment raw = weights(random, type, rows, cols);
                Matrix packed = pack(kernels(), arena, type, rows, cols, raw);
                Matrix plain = pack(twin, arena, type, rows, cols, raw);
                for (int tokens : TOKENS) {
                    Tensor x = activations(random, arena, tokens, cols);
                    for (Precision precision : Precision.values()) {
                        assertSameBits(
                                linear(kernels(), three, arena, x, packed, precision),
                                linear(twin, alone, arena, x, plain, precision),
                                type + " [" + rows + ", " + cols + "] × " + tokens + " " + precision);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void pickedPanelsHaveTheBitsOfTheWholeProduct(DType type) {
        Random random = new Random(21);
        for (int rows : new int[] {1, 16, 200, 203}) {
            for (int cols : cols(type)) {
                MemorySegment raw = weights(random, type, rows, cols);
                Matrix w = pack(kernels(), arena, type, rows, cols, raw);
                Tensor x = activations(random, arena, 1, cols);
                int[] panels = random.ints(40, 0, Math.ceilDiv(rows, MatrixBuilder.ROWS))
                        .distinct()
                        .toArray();
                int from = panels.length > 3 ? 1 : 0;
                for (Precision precision : Precision.values()) {
                    Tensor all = linear(kernels(), alone, arena, x, w, precision);
                    Tensor some = Tensor.allocate(arena, 1, rows);
                    Tensor expected = Tensor.allocate(arena, 1, rows);
                    some.data().fill((byte) 0x55);
                    expected.data().fill((byte) 0x55);
                    for (int i = from; i < panels.length; i++) {
                        for (int r = MatrixBuilder.ROWS * panels[i];
                                r < Math.min(rows, MatrixBuilder.ROWS * (panels[i] + 1));
                                r++) {
                            expected.set(0, r, all.get(0, r));
                        }
                    }
                    kernels().pick(three, x, w, panels, from, panels.length, some, precision);
                    assertSameBits(some, expected, type + " [" + rows + ", " + cols + "] " + precision);
                }
            }
        }
    }

    @Test
    void panelsThatAreNotThereCannotBePicked() {
        Matrix w = pack(kernels(), arena, DType.F32, 17, 8, weights(new Random(1), DType.F32, 17, 8));
        Tensor x = Tensor.allocate(arena, 1, 8);
        Tensor y = Tensor.allocate(arena, 1, 17);
        assertThatThrownBy(() -> kernels().pick(alone, x, w, new int[] {2}, 0, 1, y, Precision.FAST))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> kernels().pick(alone, x, w, new int[] {0}, 0, 2, y, Precision.FAST))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> w.rows(8, 4)).isInstanceOf(IllegalArgumentException.class);
    }

    /** Sums of products are kept in few bits, so the largest ones, of either sign, are where they would not fit. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"Q4_0", "Q5_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
    void theLargestSumsOfProductsFit(DType type) {
        Random random = new Random(9);
        Tensor x = Tensor.allocate(arena, 1, 512);
        for (int code : new int[] {0, 0x7f, 0x80, 0xf0, 0xff}) {
            MemorySegment raw = equalCodes(random, type, 17, 512, code);
            Matrix packed = pack(kernels(), arena, type, 17, 512, raw);
            Matrix plain = pack(twin, arena, type, 17, 512, raw);
            for (int period : new int[] {64, 1024, 2, 4, 8, 16}) {
                for (int i = 0; i < 512; i++) {
                    x.set(0, i, i % period < period / 2 ? 1f : -1f);
                }
                assertSameBits(
                        linear(kernels(), alone, arena, x, packed, Precision.FAST),
                        linear(twin, alone, arena, x, plain, Precision.FAST),
                        type + " of " + code + ", signs change every " + period / 2);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "Q4_0", "Q5_0", "Q8_0", "Q4_K", "Q6_K"})
    void linearDoesNotDependOnTheBatchTheChunksOrTheThreads(DType type) {
        int rows = 700;
        int cols = type.blockElements() == 256 ? 2560 : 2336;
        int tokens = 150;
        Random random = new Random(3);
        Matrix w = pack(kernels(), arena, type, rows, cols, weights(random, type, rows, cols));
        Tensor x = activations(random, arena, tokens, cols);
        try (Workers two = new WorkerPool(2)) {
            for (Precision precision : Precision.values()) {
                Tensor all = linear(kernels(), alone, arena, x, w, precision);
                assertSameBits(linear(kernels(), two, arena, x, w, precision), all, type + " by 2 threads");
                assertSameBits(linear(kernels(), three, arena, x, w, precision), all, type + " by 3 threads");
                for (int t : new int[] {0, 77, 149}) {
                    Tensor one = linear(kernels(), two, arena, x.slice(t, t + 1), w, precision);
                    assertSameBits(one, all.slice(t, t + 1), type + " " + precision + " row " + t);
                }
                Tensor some = linear(kernels(), two, arena, x.slice(21, 34), w, precision);
                assertSameBits(some, all.slice(21, 34), type + " " + precision + " rows 21 to 33");
            }
        }
    }

    @Test
    void severalMatricesOfSeveralTypesShareOneCall() {
        Random random = new Random(4);
        int cols = 512;
        List<DType> types = List.of(DType.Q5_0, DType.F32, DType.Q6_K, DType.Q4_1);
        int[] rows = {70, 16, 33, 1};
        for (int tokens : new int[] {1, 6}) {
            Tensor x = activations(random, arena, tokens, cols);
            List<Matrix> packed = new java.util.ArrayList<>();
            List<Tensor> outputs = new java.util.ArrayList<>();
            List<Tensor> expected = new java.util.ArrayList<>();
            for (int i = 0; i < types.size(); i++) {
                MemorySegment raw = weights(random, types.get(i), rows[i], cols);
                packed.add(pack(kernels(), arena, types.get(i), rows[i], cols, raw));
                outputs.add(Tensor.allocate(arena, tokens, rows[i]));
                Matrix plain = pack(twin, arena, types.get(i), rows[i], cols, raw);
                expected.add(linear(twin, alone, arena, x, plain, Precision.FAST));
            }
            kernels().linear(three, x, packed, outputs, Precision.FAST);
            for (int i = 0; i < types.size(); i++) {
                assertSameBits(outputs.get(i), expected.get(i), types.get(i).toString());
            }
        }
    }

    @Test
    void linearSpreadsNotANumberAndInfinityLikeTheTwin() {
        Random random = new Random(9);
        float[] odd = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e-40f, -3e-39f, 1e-37f, 3e38f};
        for (DType type : new DType[] {DType.F32, DType.Q8_0, DType.Q4_K, DType.Q6_K}) {
            MemorySegment raw = weights(random, type, 20, 256);
            Matrix packed = pack(kernels(), arena, type, 20, 256, raw);
            Matrix plain = pack(twin, arena, type, 20, 256, raw);
            Tensor x = Tensor.allocate(arena, odd.length, 256);
            for (int t = 0; t < odd.length; t++) {
                x.set(t, 40 + t, odd[t]);
            }
            for (Precision precision : Precision.values()) {
                Tensor expected = linear(twin, alone, arena, x, plain, precision);
                assertSameBits(linear(kernels(), alone, arena, x, packed, precision), expected, type + " batch");
                for (int t = 0; t < odd.length; t++) {
                    Tensor row = linear(kernels(), alone, arena, x.slice(t, t + 1), packed, precision);
                    assertSameBits(row, expected.slice(t, t + 1), type + " with " + odd[t]);
                }
            }
        }
    }

    @Test
    void operationsOnRowsGiveTheBitsOfTheTwin() {
        Random random = new Random(7);
        for (int cols : new int[] {1, 8, 20, 64, 72, 100, 640, 2051}) {
            for (int rows : new int[] {1, 3, 40}) {
                Tensor x = activations(random, arena, rows, cols);
                Tensor b = activations(random, arena, rows, cols);
                Tensor weight = activations(random, arena, 1, cols);
                String what = "[" + rows + ", " + cols + "]";
                Tensor actual = Tensor.allocate(arena, rows, cols);
                Tensor expected = Tensor.allocate(arena, rows, cols);
                kernels().rmsNorm(three, x, weight, 1e-6f, actual);
                twin.rmsNorm(alone, x, weight, 1e-6f, expected);
                assertSameBits(actual, expected, "norm " + what);
                kernels().geglu(three, x, b, actual);
                twin.geglu(alone, x, b, expected);
                assertSameBits(actual, expected, "geglu " + what);
                kernels().add(three, x, b, actual);
                twin.add(alone, x, b, expected);
                assertSameBits(actual, expected, "add " + what);
                kernels().softcap(three, actual, 30f);
                twin.softcap(alone, expected, 30f);
                assertSameBits(actual, expected, "softcap " + what);
            }
        }
    }

    @Test
    void operationsMayWriteOverTheirInput() {
        Random random = new Random(8);
        Tensor x = activations(random, arena, 5, 100);
        Tensor b = activations(random, arena, 5, 100);
        Tensor weight = activations(random, arena, 1, 100);
        Tensor apart = Tensor.allocate(arena, 5, 100);
        kernels().rmsNorm(three, x, weight, 1e-6f, apart);
        Tensor over = copy(arena, x);
        kernels().rmsNorm(three, over, weight, 1e-6f, over);
        assertSameBits(over, apart, "norm");
        kernels().geglu(three, x, b, apart);
        over = copy(arena, b);
        kernels().geglu(three, x, over, over);
        assertSameBits(over, apart, "geglu");
        kernels().add(three, x, b, apart);
        over = copy(arena, x);
        kernels().add(three, over, b, over);
        assertSameBits(over, apart, "add");
    }

    @Test
    void ropeGivesTheBitsOfTheTwin() {
        Random random = new Random(10);
        for (int headDim : new int[] {2, 8, 20, 64, 256}) {
            RopeTable table = new RopeTable(10_000f, 1f, headDim);
            Tensor x = activations(random, arena, 9, 3 * headDim);
            int[] positions = {0, 1, 2, 700, 4, 5, 1000, 3, 3};
            Tensor actual = copy(arena, x);
            Tensor expected = copy(arena, x);
            kernels().rope(three, actual, headDim, table, positions);
            twin.rope(alone, expected, headDim, table, positions);
            assertSameBits(actual, expected, "heads of " + headDim);
        }
    }

    @Test
    void shapesThatDoNotFitAreRefusedBeforeAnythingIsWritten() {
        Tensor x = activations(new Random(1), arena, 2, 64);
        Matrix w = pack(kernels(), arena, DType.F32, 8, 64, weights(new Random(1), DType.F32, 8, 64));
        Tensor wrong = Tensor.allocate(arena, 2, 9);
        assertThatThrownBy(() -> kernels().linear(alone, x, List.of(w), List.of(wrong), Precision.FAST))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, 9]");
        assertThatThrownBy(() -> kernels().linear(alone, x, List.of(w), List.of(), Precision.FAST))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> kernels().add(alone, x, wrong, x)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> kernels().rope(alone, x, 48, new RopeTable(1e4f, 1f, 48), new int[] {0, 1}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> kernels().rope(alone, x, 32, new RopeTable(1e4f, 1f, 32), new int[] {0, -1}))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
