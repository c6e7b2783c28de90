package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every operation of training against the twin, to the bit, and the twin against float64 finite differences. */
class TrainingKernelsTest {
    private static final int[] COLS = {1, 8, 15, 16, 33, 100, 640, 1100};
    private static final AdamStep ADAM = new AdamStep(0.7f, 0.1f, 0.95f, 0.05f, 3e-3f, 0.3f, 1e-8f, 0.999f);

    private final Random random = new Random(4);
    private final Arena arena = Arena.ofShared();
    private final Workers alone = new WorkerPool(1);
    private final Workers three = new WorkerPool(3);
    private final TrainingKernels twin = new ScalarKernels().training();

    @AfterEach
    void close() {
        alone.close();
        three.close();
        arena.close();
    }

    private static List<Kernels> providers() {
        List<Kernels> all = new ArrayList<>(TestData.emittedKernels());
        all.add(new VectorKernels());
        return all;
    }

    private Tensor random(int rows, int cols) {
        return TestData.activations(random, arena, rows, cols);
    }

    private Tensor positive(int rows, int cols) {
        Tensor x = random(rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < cols; i++) {
                x.set(r, i, Math.abs(x.get(r, i)));
            }
        }
        return x;
    }

    /** An operation on copies of tensors. */
    private interface Operation {
        void run(TrainingKernels kernels, Workers workers, Tensor[] tensors);
    }

    private void same(String what, Operation operation, Tensor... tensors) {
        Tensor[] expected = copies(tensors);
        operation.run(twin, alone, expected);
        for (Kernels kernels : providers()) {
            Tensor[] actual = copies(tensors);
            operation.run(kernels.training(), three, actual);
            for (int i = 0; i < tensors.length; i++) {
                String where = kernels.name() + " " + what + " of " + tensors[0].cols() + ", tensor " + i;
                TestData.assertSameBits(actual[i], expected[i], where);
            }
        }
    }

    private Tensor[] copies(Tensor[] tensors) {
        Tensor[] copies = new Tensor[tensors.length];
        for (int i = 0; i < tensors.length; i++) {
            copies[i] = TestData.copy(arena, tensors[i]);
        }
        return copies;
    }

    @Test
    void everyProviderGivesTheBitsOfTheTwin() {
        for (int cols : COLS) {
            for (int rows : new int[] {1, 70}) {
                Tensor x = random(rows, cols);
                Tensor y = random(rows, cols);
                Tensor z = random(rows, cols);
                Tensor weight = random(1, cols);
                Tensor sum = random(1, cols);
                for (boolean add : new boolean[] {false, true}) {
                    Optional<Tensor> none = Optional.empty();
                    same("norm", (k, w, t) -> k.rmsNorm(w, t[0], t[1], 1e-6f, t[2], t[3], add, none), x, weight, y, z);
                    same(
                            "norm with weight",
                            (k, w, t) -> k.rmsNorm(w, t[0], t[1], 1e-6f, t[2], t[3], add, Optional.of(t[4])),
                            x,
                            weight,
                            y,
                            z,
                            sum);
                    same("scale", (k, w, t) -> k.scale(w, t[0], -0.3f, t[1], add), x, y);
                }
                Tensor g = random(rows, cols);
                Tensor u = random(rows, cols);
                same("geglu", (k, w, t) -> k.geglu(w, t[0], t[1], t[2], t[3], t[4]), x, y, z, g, u);
                same("soft cap", (k, w, t) -> k.softcap(w, t[0], 30f, t[1]), x, y);
                Tensor squares = positive(rows, cols);
                long n = (long) rows * cols;
                same(
                        "AdamW",
                        (k, w, t) -> k.adamW(w, t[0].data(), t[1].data(), t[2].data(), t[3].data(), n, ADAM),
                        x,
                        y,
                        z,
                        squares);
                float[] lse = new float[rows];
                float[] softmax = new float[rows];
                float[] constant = new float[rows];
                for (int r = 0; r < rows; r++) {
                    lse[r] = 3 + random.nextFloat();
                    softmax[r] = random.nextFloat();
                    constant[r] = -1e-3f * r;
                }
                for (float cap : new float[] {0f, 30f}) {
                    same("loss", (k, w, t) -> k.lossSlopes(w, t[0], lse, softmax, constant, cap), x);
                }
                for (Kernels kernels : providers()) {
                    double actual = kernels.training().sumOfSquares(three, x.data(), n);
                    assertThat(actual).as(kernels.name()).isEqualTo(twin.sumOfSquares(alone, x.data(), n));
                }
            }
        }
    }

    @Test
    void rowsOfAttentionGiveTheBitsOfTheTwinWhateverTheySee() {
        for (int cols : COLS) {
            for (float cap : new float[] {0f, 5f}) {
                int from = random.nextInt(cols);
                int to = from + 1 + random.nextInt(cols - from);
                Tensor s = random(2, cols);
                Tensor d = random(2, cols);
                Tensor lse = Tensor.allocate(arena, 1, 2);
                same(
                        "softmax",
                        (k, _, t) -> {
                            long at = t[0].offset(1, 0);
                            t[1].set(0, 0, k.softmax(t[0].data(), at, cols, from, to, 0.4f, cap));
                            t[1].set(0, 1, k.dot(t[0].data(), at, t[0].data(), 0, cols));
                        },
                        s,
                        lse);
                same(
                        "slopes",
                        (k, _, t) -> k.attentionSlopes(
                                t[0].data(), t[0].offset(1, 0), t[1].data(), 0, cols, from, to, 0.4f, cap, 3f, 0.2f),
                        s,
                        d);
            }
        }
    }

    private static double derivative(DoubleUnaryOperator f, double at) {
        double step = 1e-5 * Math.max(1, Math.abs(at));
        return (f.applyAsDouble(at + step) - f.applyAsDouble(at - step)) / (2 * step);
    }

    private static double gelu(double g) {
        return 0.5 * g * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g)));
    }

    @Test
    void theWayBackThroughGegluIsItsDerivative() {
        for (float g = -12; g < 12; g += 0.37f) {
            Tensor gate = Tensor.copyOf(arena, g);
            Tensor up = Tensor.copyOf(arena, 0.8f);
            Tensor dy = Tensor.copyOf(arena, 1.5f);
            Tensor dGate = Tensor.allocate(arena, 1, 1);
            Tensor dUp = Tensor.allocate(arena, 1, 1);
            twin.geglu(alone, gate, up, dy, dGate, dUp);
            double at = g;
            assertThat((double) dGate.get(0, 0))
                    .isCloseTo(1.5 * 0.8f * derivative(TrainingKernelsTest::gelu, at), within(2e-6));
            assertThat((double) dUp.get(0, 0)).isCloseTo(1.5 * gelu(at), within(2e-6 * (1 + Math.abs(at))));
        }
    }

    @Test
    void theWayBackThroughANormIsItsDerivative() {
        int cols = 37;
        Tensor x = random(3, cols);
        Tensor weight = random(1, cols);
        Tensor dy = random(3, cols);
        Tensor dx = Tensor.allocate(arena, 3, cols);
        Tensor dWeight = Tensor.allocate(arena, 1, cols);
        twin.rmsNorm(alone, x, weight, 1e-6f, dy, dx, false, Optional.of(dWeight));
        for (int i = 0; i < cols; i++) {
            int col = i;
            double slope = derivative(v -> normLoss(x, weight, dy, 1, col, v, false), x.get(1, i));
            assertThat((double) dx.get(1, i)).isCloseTo(slope, within(1e-4 * (1 + Math.abs(slope))));
            double weightSlope = derivative(v -> normLoss(x, weight, dy, 1, col, v, true), weight.get(0, i));
            assertThat((double) dWeight.get(0, i)).isCloseTo(weightSlope, within(1e-4 * (1 + Math.abs(weightSlope))));
        }
    }

    /** Σ y·dy of a norm with one number replaced. */
    private static double normLoss(
            Tensor x, Tensor weight, Tensor dy, int row, int col, double value, boolean ofWeight) {
        double loss = 0;
        for (int t = 0; t < x.rows(); t++) {
            double squares = 0;
            for (int i = 0; i < x.cols(); i++) {
                double v = !ofWeight && t == row && i == col ? value : x.get(t, i);
                squares += v * v;
            }
            double factor = 1 / Math.sqrt(squares / x.cols() + 1e-6f);
            for (int i = 0; i < x.cols(); i++) {
                double v = !ofWeight && t == row && i == col ? value : x.get(t, i);
                double w = ofWeight && i == col ? value : weight.get(0, i);
                loss += v * factor * w * dy.get(t, i);
            }
        }
        return loss;
    }

    @Test
    void lossSlopesAreTheDerivativeOfCappedCrossEntropyWithItsZLoss() {
        int n = 45;
        double c = 1e-2;
        for (float cap : new float[] {0f, 4f}) {
            Tensor raw = random(1, n);
            Tensor z = TestData.copy(arena, raw);
            if (cap != 0f) {
                new ScalarKernels().softcap(alone, z, cap);
            }
            double[] lse = new double[1];
            new ScalarKernels().logSumExp(alone, z, lse);
            float target = z.get(0, 7);
            float[] weight = {(float) (1 + 2 * c * lse[0])};
            twin.lossSlopes(alone, z, new float[] {(float) lse[0]}, weight, new float[] {0f}, cap);
            float share = cap == 0f ? 0f : target / cap;
            z.set(0, 7, z.get(0, 7) - (1 - share * share));
            for (int i = 0; i < n; i++) {
                int col = i;
                double slope = derivative(v -> crossEntropy(raw, cap, c, 7, col, v), raw.get(0, i));
                assertThat((double) z.get(0, i)).isCloseTo(slope, within(2e-5));
            }
        }
    }

    private static double crossEntropy(Tensor raw, double cap, double c, int target, int col, double value) {
        double sum = 0;
        double chosen = 0;
        for (int i = 0; i < raw.cols(); i++) {
            double v = i == col ? value : raw.get(0, i);
            v = cap == 0 ? v : cap * Math.tanh(v / cap);
            sum += Math.exp(v);
            chosen = i == target ? v : chosen;
        }
        double lse = Math.log(sum);
        return lse - chosen + c * lse * lse;
    }

    @Test
    void slopesOfAttentionAreTheDerivativeOfItsWeights() {
        int n = 29;
        int from = 3;
        int to = 25;
        for (float cap : new float[] {0f, 3f}) {
            Tensor raw = random(1, n);
            Tensor d = random(1, n);
            Tensor weights = TestData.copy(arena, raw);
            float lse = twin.softmax(weights.data(), 0, n, from, to, 0.5f, cap);
            float dot = twin.dot(weights.data(), 0, d.data(), 0, n);
            Tensor again = TestData.copy(arena, raw);
            Tensor slopes = TestData.copy(arena, d);
            twin.attentionSlopes(again.data(), 0, slopes.data(), 0, n, from, to, 0.5f, cap, lse, dot);
            for (int i = 0; i < n; i++) {
                int col = i;
                assertThat(again.get(0, i)).isCloseTo(weights.get(0, i), within(1e-6f));
                double slope = derivative(v -> weighted(raw, d, from, to, cap, col, v), raw.get(0, i));
                assertThat((double) slopes.get(0, i)).isCloseTo(slope, within(2e-5));
            }
        }
    }

    private static double weighted(Tensor raw, Tensor d, int from, int to, double cap, int col, double value) {
        double sum = 0;
        double total = 0;
        for (int i = from; i < to; i++) {
            double s = 0.5 * (i == col ? value : raw.get(0, i));
            double e = Math.exp(cap == 0 ? s : cap * Math.tanh(s / cap));
            sum += e;
            total += e * d.get(0, i);
        }
        return total / sum;
    }

    @Test
    void aStepOfAdamWFollowsItsFormula() {
        Tensor p = random(1, 20);
        Tensor g = random(1, 20);
        Tensor m = random(1, 20);
        Tensor v = positive(1, 20);
        Tensor[] after = copies(new Tensor[] {p, m, v});
        twin.adamW(alone, after[0].data(), g.data(), after[1].data(), after[2].data(), 20, ADAM);
        for (int i = 0; i < 20; i++) {
            double gradient = 0.7 * g.get(0, i);
            double mean = 0.9 * m.get(0, i) + 0.1 * gradient;
            double square = 0.95 * v.get(0, i) + 0.05 * gradient * gradient;
            double value = 0.999 * p.get(0, i) - 3e-3 * mean / (Math.sqrt(square) / 0.3 + 1e-8);
            assertThat((double) after[1].get(0, i)).isCloseTo(mean, within(1e-5));
            assertThat((double) after[2].get(0, i)).isCloseTo(square, within(1e-5 * (1 + square)));
            assertThat((double) after[0].get(0, i)).isCloseTo(value, within(1e-5));
        }
    }

    @Test
    void theInverseTableTurnsHeadsBack() {
        RopeTable table = new RopeTable(10_000f, 8f, 32);
        int[] positions = {0, 3, 700, 41};
        Tensor x = random(4, 64);
        for (Kernels kernels : providers()) {
            Tensor turned = TestData.copy(arena, x);
            kernels.rope(three, turned, 32, table, positions);
            assertThat(turned.get(2, 0)).isNotEqualTo(x.get(2, 0));
            kernels.rope(three, turned, 32, table.inverse(), positions);
            for (int t = 0; t < 4; t++) {
                for (int i = 0; i < 64; i++) {
                    assertThat(turned.get(t, i)).isCloseTo(x.get(t, i), within(2e-5f));
                }
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Tensor x = random(2, 20);
        Tensor wrong = random(2, 19);
        MemorySegment small = arena.allocate(16);
        List<Kernels> all = providers();
        all.add(new ScalarKernels());
        for (Kernels kernels : all) {
            TrainingKernels training = kernels.training();
            assertThatThrownBy(() -> training.geglu(alone, x, x, wrong, x, x))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.adamW(alone, x.data(), x.data(), small, x.data(), 40, ADAM))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.sumOfSquares(alone, small, 5))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.softmax(x.data(), 0, 20, 4, 4, 1f, 0f))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.softmax(x.data(), 100, 20, 0, 20, 1f, 0f))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> training.lossSlopes(alone, x, new float[1], new float[2], new float[2], 0f))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
