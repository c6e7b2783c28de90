package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.data.PackedBatch;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.RopeTable;
import dev.jemma.model.Linear;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import dev.jemma.train.testing.Rig;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The gradient of each operation against differences of the operation itself, written out in float64 here: of a weighted
 * sum of what it gives, with random weights.
 */
class FiniteDifferenceTest {
    private static final double STEP = 1e-5;
    private static final int[] DOCUMENTS = {9, 1, 40};
    private static final int ROWS = 50;

    private final SplittableRandom random = new SplittableRandom(11);
    private Rig rig;

    @BeforeEach
    void open() {
        rig = Rig.full("gemma3", "");
        List<PackedBatch.Document> documents = new ArrayList<>();
        int first = 0;
        for (int rows : DOCUMENTS) {
            documents.add(new PackedBatch.Document(first, rows));
            first += rows;
        }
        int[] targets = new int[ROWS];
        Arrays.fill(targets, -1);
        rig.ops.begin(new PackedBatch(new int[ROWS], targets, documents));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private Tensor random(int rows, int cols) {
        Tensor t = Tensor.allocate(rig.arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                t.set(r, c, (float) random.nextGaussian());
            }
        }
        return t;
    }

    private static double[] values(Tensor t) {
        double[] all = new double[t.rows() * t.cols()];
        for (int i = 0; i < all.length; i++) {
            all[i] = t.get(i / t.cols(), i % t.cols());
        }
        return all;
    }

    /** Sets the gradient of {@code out}, goes back, and holds that of each input against differences. */
    private void check(Tensor out, List<Tensor> inputs, List<double[]> before, Function<List<double[]>, double[]> f) {
        Tensor weights = random(out.rows(), out.cols());
        double[] c = values(weights);
        double[] given = values(out);
        double[] wanted = f.apply(before);
        for (int i = 0; i < given.length; i++) {
            assertThat(Math.abs(given[i] - wanted[i])).as("value %d", i).isLessThan(1e-4 * (1 + Math.abs(wanted[i])));
        }
        rig.ops.gradient(out).data().copyFrom(weights.data());
        rig.ops.backward();
        for (int n = 0; n < inputs.size(); n++) {
            double[] gradient = values(rig.ops.gradient(inputs.get(n)));
            compare("input " + n, before, n, gradient, c, f);
        }
    }

    private void compare(
            String what,
            List<double[]> inputs,
            int n,
            double[] gradient,
            double[] c,
            Function<List<double[]>, double[]> f) {
        double[] x = inputs.get(n);
        double largest = Arrays.stream(gradient).map(Math::abs).max().orElse(0);
        assertThat(largest).as(what).isPositive();
        for (int i = 0; i < x.length; i += Math.max(1, x.length / 150)) {
            double kept = x[i];
            x[i] = kept + STEP;
            double up = dot(c, f.apply(inputs));
            x[i] = kept - STEP;
            double down = dot(c, f.apply(inputs));
            x[i] = kept;
            double difference = (up - down) / (2 * STEP);
            assertThat(Math.abs(gradient[i] - difference))
                    .as("%s, element %d: %s, not %s", what, i, gradient[i], difference)
                    .isLessThan(2e-5 * largest);
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void rmsNorm() {
        Tensor x = random(ROWS, 20);
        Tensor w = random(1, 20);
        float eps = rig.gemma.config().rmsNormEps();
        Tensor out = rig.ops.rmsNorm(x, w);
        double[] factors = values(w);
        check(out, List.of(x), List.of(values(x)), in -> {
            double[] y = in.getFirst().clone();
            for (int r = 0; r < ROWS; r++) {
                double squares = 0;
                for (int i = 0; i < 20; i++) {
                    squares += y[r * 20 + i] * y[r * 20 + i];
                }
                double f = 1 / Math.sqrt(squares / 20 + eps);
                for (int i = 0; i < 20; i++) {
                    y[r * 20 + i] *= f * factors[i];
                }
            }
            return y;
        });
    }

    @Test
    void softcap() {
        Tensor x = random(ROWS, 12);
        List<double[]> before = List.of(values(x));
        check(
                rig.ops.softcap(x, 1.5f),
                List.of(x),
                before,
                in -> Arrays.stream(in.getFirst())
                        .map(v -> 1.5 * Math.tanh(v / 1.5))
                        .toArray());
    }

    @Test
    void rope() {
        RopeTable table = new RopeTable(100, 2, 8);
        Tensor x = random(ROWS, 24);
        List<double[]> before = List.of(values(x));
        Tensor out = rig.ops.rope(x, table);
        check(out, List.of(x), before, in -> {
            double[] y = in.getFirst().clone();
            int row = 0;
            for (int rows : DOCUMENTS) {
                for (int p = 0; p < rows; p++, row++) {
                    for (int pair = 0; pair < 12; pair++) {
                        int a = row * 24 + pair / 4 * 8 + pair % 4;
                        double angle = p / 2.0 * Math.pow(100, -(pair % 4) / 4.0);
                        double first = in.getFirst()[a];
                        double second = in.getFirst()[a + 4];
                        y[a] = first * Math.cos(angle) - second * Math.sin(angle);
                        y[a + 4] = second * Math.cos(angle) + first * Math.sin(angle);
                    }
                }
            }
            return y;
        });
    }

    private static double[] product(double[] x, double[] w, int rows, int in, int out) {
        double[] y = new double[rows * out];
        for (int r = 0; r < rows; r++) {
            for (int n = 0; n < out; n++) {
                for (int k = 0; k < in; k++) {
                    y[r * out + n] += x[r * in + k] * w[n * in + k];
                }
            }
        }
        return y;
    }

    private Linear matrix(DType type, int rows, int cols) {
        MatrixBuilder builder = rig.kernels.matrix(type, rows, cols, rig.arena);
        float[] values = new float[rows * cols];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        builder.put(0, MemorySegment.ofArray(Quants.encode(type, values)));
        return new Linear.Packed(builder.build());
    }

    private double[] decoded(Linear linear) {
        Matrix matrix = ((Linear.Packed) linear).matrix();
        Tensor all = Tensor.allocate(rig.arena, matrix.rows(), matrix.cols());
        for (int r = 0; r < matrix.rows(); r++) {
            matrix.row(r, all.data(), all.offset(r, 0));
        }
        return values(all);
    }

    /** Of frozen matrices of every kind, more rows than are decoded at a time. */
    @ParameterizedTest
    @ValueSource(strings = {"F32", "BF16", "Q8_0", "Q4_0", "Q4_K", "Q5_1"})
    void linear(String type) {
        Linear w = matrix(DType.valueOf(type), 530, 256);
        double[] weights = decoded(w);
        Tensor x = random(ROWS, 256);
        check(
                rig.ops.linear(x, w),
                List.of(x),
                List.of(values(x)),
                in -> product(in.getFirst(), weights, ROWS, 256, 530));
    }

    @Test
    void feedForward() {
        Linear gate = matrix(DType.F32, 20, 12);
        Linear up = matrix(DType.F32, 20, 12);
        Linear down = matrix(DType.F32, 12, 20);
        double[] g = decoded(gate);
        double[] u = decoded(up);
        double[] d = decoded(down);
        Tensor x = random(ROWS, 12);
        check(rig.ops.feedForward(x, gate, up, down), List.of(x), List.of(values(x)), in -> {
            double[] y = product(in.getFirst(), g, ROWS, 12, 20);
            double[] ups = product(in.getFirst(), u, ROWS, 12, 20);
            for (int i = 0; i < y.length; i++) {
                double v = y[i];
                y[i] = 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))) * ups[i];
            }
            return product(y, d, ROWS, 20, 12);
        });
    }

    @Test
    void addAndRows() {
        Tensor a = random(ROWS, 8);
        Tensor b = random(ROWS, 8);
        Tensor sum = rig.ops.add(rig.ops.add(a, b), a); // a twice
        int[] rows = {3, 49, 3};
        check(rig.ops.rows(sum, rows), List.of(a, b), List.of(values(a), values(b)), in -> {
            double[] y = new double[24];
            for (int i = 0; i < 24; i++) {
                int at = rows[i / 8] * 8 + i % 8;
                y[i] = 2 * in.get(0)[at] + in.get(1)[at];
            }
            return y;
        });
    }

    static Stream<AttentionShape> shapes() {
        return Stream.of(
                new AttentionShape(4, 2, 6, 0.4f, 0, 0, true),
                new AttentionShape(4, 1, 6, 0.4f, 0, 7, true),
                new AttentionShape(2, 2, 16, 0.3f, 1.5f, 0, true),
                new AttentionShape(4, 2, 6, 0.4f, 2, 35, true),
                new AttentionShape(2, 1, 10, 0.4f, 0, 0, false),
                new AttentionShape(2, 1, 10, 0.4f, 1, 5, false));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void attention(AttentionShape shape) {
        Tensor q = random(ROWS, shape.heads() * shape.headDim());
        Tensor k = random(ROWS, shape.kvHeads() * shape.headDim());
        Tensor v = random(ROWS, shape.kvHeads() * shape.headDim());
        Tensor out = rig.ops.attention(0, shape, q, k, v);
        check(
                out,
                List.of(q, k, v),
                List.of(values(q), values(k), values(v)),
                in -> attend(shape, in.get(0), in.get(1), in.get(2)));
    }

    private static double[] attend(AttentionShape shape, double[] q, double[] k, double[] v) {
        int dim = shape.headDim();
        int group = shape.heads() / shape.kvHeads();
        double[] out = new double[q.length];
        int first = 0;
        for (int rows : DOCUMENTS) {
            for (int h = 0; h < shape.heads(); h++) {
                for (int i = 0; i < rows; i++) {
                    double[] scores = new double[rows];
                    double sum = 0;
                    for (int j = 0; j < rows; j++) {
                        double dot = 0;
                        for (int d = 0; d < dim; d++) {
                            dot += q[(first + i) * shape.heads() * dim + h * dim + d]
                                    * k[(first + j) * shape.kvHeads() * dim + h / group * dim + d];
                        }
                        double s = dot * shape.scale();
                        s = shape.softcap() == 0 ? s : shape.softcap() * Math.tanh(s / shape.softcap());
                        boolean hidden =
                                (shape.causal() && j > i) || (shape.window() > 0 && Math.abs(i - j) >= shape.window());
                        scores[j] = hidden ? 0 : Math.exp(s);
                        sum += scores[j];
                    }
                    for (int d = 0; d < dim; d++) {
                        double value = 0;
                        for (int j = 0; j < rows; j++) {
                            value += scores[j] / sum * v[(first + j) * shape.kvHeads() * dim + h / group * dim + d];
                        }
                        out[(first + i) * shape.heads() * dim + h * dim + d] = value;
                    }
                }
            }
            first += rows;
        }
        return out;
    }

    static Stream<RowLoss> losses() {
        int[] targets = {3, 511, 0};
        float[] teacher = new float[512];
        for (int i = 0; i < teacher.length; i++) {
            teacher[i] = i % 7 - 3;
        }
        return Stream.of(
                new CrossEntropy(targets, 0.3),
                new CrossEntropy(targets, 1, 0.2, 0.05),
                Distillation.full(_ -> teacher, 0.5),
                Distillation.sampled(
                        _ -> new Distillation.Sample(new int[] {5, 9, 500}, new float[] {1, -1, 0.5f}), 0.5),
                (index, row) ->
                        RowLoss.Slope.ofLogProb((index - 1) * row.logProb(targets[index]), index - 1, targets[index]));
    }

    /** Through the head, with the capped logits of Gemma 2: differences of the losses themselves, in float64. */
    @ParameterizedTest
    @MethodSource("losses")
    void loss(RowLoss loss) {
        try (Rig capped = Rig.full("gemma2", "")) {
            Tensor hidden = Tensor.allocate(capped.arena, 3, 64);
            for (int i = 0; i < 3 * 64; i++) {
                hidden.set(i / 64, i % 64, (float) random.nextGaussian());
            }
            int[] rows = {0, 1, 2};
            capped.ops.begin(
                    new PackedBatch(new int[3], new int[] {-1, -1, -1}, List.of(new PackedBatch.Document(0, 3))));
            double[] embedding = widen(capped.values("model.embed_tokens.weight"));
            float cap = capped.gemma.config().finalLogitSoftcap();
            double value = capped.head.lossAndGradient(hidden, rows, loss);
            double[] gradient = values(capped.ops.gradient(hidden));
            List<double[]> in = List.of(values(hidden), embedding);
            Function<List<double[]>, double[]> f = x -> new double[] {reference(loss, x.get(0), x.get(1), cap)};
            assertThat(Math.abs(value - f.apply(in)[0])).isLessThan(1e-4);
            compare("hidden", in, 0, gradient, new double[] {1}, f);
            compare("embedding", in, 1, widen(capped.gradient("model.embed_tokens.weight")), new double[] {1}, f);
        }
    }

    private static double[] widen(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** The losses' own formulas, from logits in float64. */
    private static double reference(RowLoss loss, double[] hidden, double[] embedding, float cap) {
        double[] z = product(hidden, embedding, 3, 64, 512);
        double total = 0;
        for (int r = 0; r < 3; r++) {
            double sum = 0;
            double[] row = new double[512];
            double mean = 0;
            for (int i = 0; i < 512; i++) {
                row[i] = cap * Math.tanh(z[r * 512 + i] / cap);
                sum += Math.exp(row[i]);
                mean += row[i] / 512;
            }
            double lse = Math.log(sum);
            total += switch (loss) {
                case CrossEntropy c ->
                    c.weight()
                            * (lse
                                    - (1 - c.smoothing()) * row[c.targets()[r]]
                                    - c.smoothing() * mean
                                    + c.zLoss() * lse * lse);
                default -> slopeSum(loss, r, row, lse);
            };
        }
        return total;
    }

    /** Of losses that are linear in log-probabilities (up to a constant): their additions are those factors. */
    private static double slopeSum(RowLoss loss, int r, double[] row, double lse) {
        Tensor logits = Tensor.copyOf(java.lang.foreign.Arena.ofAuto(), new float[512]);
        for (int i = 0; i < 512; i++) {
            logits.set(0, i, (float) row[i]);
        }
        RowLoss.Slope slope = loss.at(r, new LogitRow(logits, 0, lse));
        double constant = slope.loss();
        double now = 0;
        double sum = 0;
        for (int i = 0; i < slope.tokens().length; i++) {
            sum += slope.additions()[i] * (row[slope.tokens()[i]] - lse);
            now += slope.additions()[i] * (logits.get(0, slope.tokens()[i]) - lse);
        }
        for (int i = 0; i < slope.dense().length; i++) {
            sum += slope.dense()[i] * (row[i] - lse);
            now += slope.dense()[i] * (logits.get(0, i) - lse);
        }
        return sum + (constant - now);
    }
}
