package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A linear layer's three products by every provider and number of threads, against chains written out. */
class LinearGradientsTest {
    /** Inputs, outputs and tokens. */
    private static final int[][] SHAPES = {{1, 1, 1}, {20, 33, 5}, {256, 40, 17}, {70, 300, 64}, {512, 513, 3}};

    private final Random random = new Random(3);
    private final Arena arena = Arena.ofShared();
    private final List<Workers> pools = List.of(new WorkerPool(1), new WorkerPool(3));

    @AfterEach
    void close() {
        pools.forEach(Workers::close);
        arena.close();
    }

    private static List<Kernels> providers() {
        List<Kernels> all = new ArrayList<>(TestData.emittedKernels());
        all.add(new VectorKernels());
        all.add(new ScalarKernels());
        return all;
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void theInputsGradientIsAChainOverTheOutputsOfExactlyDecodedWeights(DType type) {
        for (int[] shape : SHAPES) {
            int in = Math.ceilDiv(shape[0], type.blockElements()) * type.blockElements();
            MemorySegment raw = TestData.weights(random, type, shape[1], in);
            Tensor dy = TestData.activations(random, arena, shape[2], shape[1]);
            Tensor before = TestData.activations(random, arena, shape[2], in);
            Tensor expected = Tensor.allocate(arena, shape[2], in);
            Matrix plain = TestData.pack(new ScalarKernels(), arena, type, shape[1], in, raw);
            Tensor row = Tensor.allocate(arena, shape[1], in);
            for (int n = 0; n < shape[1]; n++) {
                plain.row(n, row.data(), row.offset(n, 0));
            }
            for (int t = 0; t < shape[2]; t++) {
                for (int k = 0; k < in; k++) {
                    float sum = 0f;
                    for (int n = 0; n < shape[1]; n++) {
                        sum = Math.fma(row.get(n, k), dy.get(t, n), sum);
                    }
                    expected.set(t, k, sum);
                }
            }
            Tensor added = Tensor.allocate(arena, shape[2], in);
            new ScalarKernels().add(pools.getFirst(), before, expected, added);
            for (Kernels kernels : providers()) {
                Matrix w = TestData.pack(kernels, arena, type, shape[1], in, raw);
                for (Workers workers : pools) {
                    Tensor dx = TestData.copy(arena, before);
                    LinearGradients.inputGradient(workers, kernels, dy, w, dx, true);
                    TestData.assertSameBits(dx, added, kernels.name() + " " + type + ", added");
                    LinearGradients.inputGradient(workers, kernels, dy, w, dx, false);
                    TestData.assertSameBits(dx, expected, kernels.name() + " " + type);
                }
            }
        }
    }

    @Test
    void outputsAndWeightGradientsAreChainsOverInputsAndTokens() {
        for (int[] shape : SHAPES) {
            int in = shape[0];
            int out = shape[1];
            Tensor x = TestData.activations(random, arena, shape[2], in);
            Tensor dy = TestData.activations(random, arena, shape[2], out);
            Tensor weights = TestData.activations(random, arena, out, in);
            MemorySegment raw = MemorySegment.ofArray(weights.data().toArray(ValueLayout.JAVA_BYTE));
            Tensor output = TestData.linear(
                    new ScalarKernels(),
                    pools.getFirst(),
                    arena,
                    x,
                    TestData.pack(new ScalarKernels(), arena, DType.F32, out, in, raw),
                    Precision.EXACT);
            Tensor expected = Tensor.allocate(arena, out, in);
            for (int n = 0; n < out; n++) {
                for (int k = 0; k < in; k++) {
                    float sum = weights.get(n, k);
                    for (int t = 0; t < x.rows(); t++) {
                        sum = Math.fma(x.get(t, k), dy.get(t, n), sum);
                    }
                    expected.set(n, k, sum);
                }
            }
            for (Kernels kernels : providers()) {
                for (Workers workers : pools) {
                    Matrix w = TestData.pack(kernels, arena, DType.F32, out, in, raw);
                    Tensor y = Tensor.allocate(arena, x.rows(), out);
                    LinearGradients.output(workers, kernels, x, w, y);
                    TestData.assertSameBits(y, output, kernels.name());
                    // gradients lie as the weights do: here on top of them
                    LinearGradients.weightGradient(
                            workers, kernels, x, dy, w.transposed().orElseThrow(), true);
                    Tensor grown = Tensor.allocate(arena, out, in);
                    for (int n = 0; n < out; n++) {
                        w.row(n, grown.data(), grown.offset(n, 0));
                    }
                    TestData.assertSameBits(grown, expected, kernels.name());
                }
            }
        }
    }

    @Test
    void gradientsAgreeWithFiniteDifferencesOfTheLoss() {
        int in = 18;
        int out = 21;
        int tokens = 7;
        Tensor x = TestData.activations(random, arena, tokens, in);
        Tensor weights = TestData.activations(random, arena, out, in);
        Tensor dy = TestData.activations(random, arena, tokens, out); // loss = Σ y · dy
        Kernels kernels = providers().getFirst();
        MemorySegment raw = MemorySegment.ofArray(weights.data().toArray(ValueLayout.JAVA_BYTE));
        Matrix w = TestData.pack(kernels, arena, DType.F32, out, in, raw);
        Tensor dx = Tensor.allocate(arena, tokens, in);
        LinearGradients.inputGradient(pools.getLast(), kernels, dy, w, dx, false);
        double base = loss(x, weights, dy);
        double step = 1e-3;
        for (int i = 0; i < in; i++) {
            Tensor moved = TestData.copy(arena, x);
            moved.set(3, i, (float) (x.get(3, i) + step));
            double exact = moved.get(3, i) - (double) x.get(3, i);
            assertThat((loss(moved, weights, dy) - base) / exact).isCloseTo(dx.get(3, i), within(1e-3));
        }
    }

    private static double loss(Tensor x, Tensor w, Tensor dy) {
        double loss = 0;
        for (int t = 0; t < x.rows(); t++) {
            for (int n = 0; n < w.rows(); n++) {
                double y = 0;
                for (int k = 0; k < x.cols(); k++) {
                    y += (double) x.get(t, k) * w.get(n, k);
                }
                loss += y * dy.get(t, n);
            }
        }
        return loss;
    }

    @Test
    void shapesThatDoNotBelongToALayerAreRefused() {
        Kernels kernels = new ScalarKernels();
        Matrix w = TestData.pack(kernels, arena, DType.F32, 4, 8, TestData.weights(random, DType.F32, 4, 8));
        Tensor x = Tensor.allocate(arena, 2, 8);
        Tensor y = Tensor.allocate(arena, 2, 5);
        Workers one = pools.getFirst();
        assertThatThrownBy(() -> LinearGradients.output(one, kernels, x, w, y))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[2, 5]");
        assertThatThrownBy(() -> LinearGradients.inputGradient(one, kernels, y, w, x, false))
                .isInstanceOf(IllegalArgumentException.class);
        Grid grid = w.transposed().orElseThrow();
        assertThatThrownBy(() -> LinearGradients.weightGradient(one, kernels, x, y, grid, true))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
