package dev.jemma.train.optimizer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import dev.jemma.train.tape.Parameter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Adafactor (arXiv 1804.04235) without momentum: of a matrix's squared gradients only the means of rows and of columns
 * are remembered. Implementations differ in where ε goes and how the step is scaled; each {@link Form} is one of theirs.
 */
public final class Adafactor implements Optimizer {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final double DECAY_POWER = -0.8;
    private static final double SMALLEST_SCALE = 1e-3; // ε₂: a parameter counts at least as large
    private static final double SQUARE_EPSILON = 1e-30; // ε₁ of transformers, added to squares
    private static final double FLOAT_EPSILON = 0x1p-23; // ε₁ of PyTorch, a bound from below

    /** Whose arithmetic. */
    public enum Form {
        /** Hugging Face transformers with scale_parameter: the learning rate is relative to the parameter's size. */
        TRANSFORMERS_SCALED,
        /** Hugging Face transformers without scale_parameter. */
        TRANSFORMERS,
        /** {@code torch.optim.Adafactor}: relative to the parameter's size, at most 1/√t. */
        TORCH
    }

    private final Kernels kernels;
    private final Workers workers;
    private final List<Parameter> parameters;
    private final Form form;
    private final double weightDecay;
    private final Arena arena = LargeMemory.shared();
    /** Means of squares by row (of a norm: the squares themselves), and by column. */
    private final List<Tensor> byRow = new ArrayList<>();

    private final List<Tensor> byCol = new ArrayList<>();
    private long steps;

    /**
     * Starts with nothing remembered.
     *
     * @param weightDecay share of a matrix that goes at a learning rate of 1
     */
    public Adafactor(Kernels kernels, Workers workers, List<Parameter> parameters, Form form, double weightDecay) {
        this.kernels = kernels;
        this.workers = workers;
        this.parameters = List.copyOf(parameters);
        this.form = form;
        this.weightDecay = weightDecay;
        for (Parameter p : parameters) {
            byRow.add(Tensor.allocate(arena, 1, p.isNorm() ? p.cols() : p.rows()));
            byCol.add(Tensor.allocate(arena, 1, p.isNorm() ? 0 : p.cols()));
        }
    }

    @Override
    public long steps() {
        return steps;
    }

    @Override
    public void resume(long after) {
        steps = after;
    }

    @Override
    public void step(double learningRate, double factor) {
        steps++;
        double toNew = Math.pow(steps, DECAY_POWER);
        for (int i = 0; i < parameters.size(); i++) {
            Parameter p = parameters.get(i);
            double size = Math.sqrt(kernels.training().sumOfSquares(workers, p.values(), p.floats()) / p.elements());
            double rate = rate(learningRate, size);
            double keep = p.isNorm() ? 1 : 1 - learningRate * weightDecay;
            if (p.isNorm()) {
                normStep(p, byRow.get(i), toNew, rate, (float) factor);
            } else {
                matrixStep(p, byRow.get(i), byCol.get(i), toNew, rate, (float) factor, (float) keep);
            }
            p.refresh();
        }
    }

    private double rate(double learningRate, double size) {
        return switch (form) {
            case TRANSFORMERS_SCALED -> Math.max(SMALLEST_SCALE, size) * learningRate;
            case TRANSFORMERS -> learningRate;
            case TORCH -> Math.max(SMALLEST_SCALE, size) * Math.min(learningRate, 1 / Math.sqrt(steps));
        };
    }

    private double squareEpsilon() {
        return form == Form.TORCH ? 0 : SQUARE_EPSILON;
    }

    private void normStep(Parameter p, Tensor squares, double toNew, double rate, float factor) {
        int n = p.cols();
        float[] update = new float[n];
        double length = 0;
        for (int i = 0; i < n; i++) {
            float g = p.gradient().get(FLOAT, 4L * i) * factor;
            double square = squares.get(0, i) * (1 - toNew) + toNew * ((double) g * g + squareEpsilon());
            squares.set(0, i, (float) square);
            update[i] = (float) (g / Math.sqrt(bounded(square)));
            length += (double) update[i] * update[i];
        }
        float by = (float) (rate / Math.max(1, Math.sqrt(length / n)));
        for (int i = 0; i < n; i++) {
            p.values().set(FLOAT, 4L * i, p.values().get(FLOAT, 4L * i) - by * update[i]);
        }
    }

    private double bounded(double square) {
        return form == Form.TORCH ? Math.max(FLOAT_EPSILON * FLOAT_EPSILON, square) : square;
    }

    private void matrixStep(
            Parameter p, Tensor rowMeans, Tensor colMeans, double toNew, double rate, float factor, float keep) {
        remember(p, rowMeans, colMeans, toNew, factor);
        double mean = 0;
        for (int r = 0; r < p.rows(); r++) {
            mean += rowMeans.get(0, r);
        }
        mean /= p.rows();
        if (form == Form.TORCH) {
            mean = Math.max(mean, FLOAT_EPSILON);
        }
        double[] rowFactor = new double[p.rows()];
        for (int r = 0; r < rowFactor.length; r++) {
            rowFactor[r] = rowMeans.get(0, r) / mean;
        }
        // the update is g/√(row·col); its length decides the step, so it is computed twice rather than kept
        double[] lengths = new double[p.rows()];
        MemorySegment gradient = p.gradient();
        workers.run(p.rows(), (r, _) -> {
            double sum = 0;
            for (int c = 0; c < p.cols(); c++) {
                double update = gradient.get(FLOAT, p.offset(r, c))
                        * factor
                        / Math.sqrt(bounded(rowFactor[r] * colMeans.get(0, c)));
                sum += update * update;
            }
            lengths[r] = sum;
        });
        double length = 0;
        for (double sum : lengths) {
            length += sum;
        }
        double by = rate / Math.max(1, Math.sqrt(length / p.elements()));
        MemorySegment values = p.values();
        workers.run(p.rows(), (r, _) -> {
            for (int c = 0; c < p.cols(); c++) {
                long at = p.offset(r, c);
                double update =
                        gradient.get(FLOAT, at) * factor / Math.sqrt(bounded(rowFactor[r] * colMeans.get(0, c)));
                values.set(FLOAT, at, (float) (values.get(FLOAT, at) * keep - by * update));
            }
        });
    }

    /** Means of this step's squares into those of the steps before. */
    private void remember(Parameter p, Tensor rowMeans, Tensor colMeans, double toNew, float factor) {
        MemorySegment gradient = p.gradient();
        workers.run(p.rows(), (r, _) -> {
            double sum = 0;
            for (int c = 0; c < p.cols(); c++) {
                double g = gradient.get(FLOAT, p.offset(r, c)) * factor;
                sum += g * g;
            }
            mix(rowMeans, r, sum / p.cols() + squareEpsilon(), toNew);
        });
        workers.run(p.cols(), (c, _) -> {
            double sum = 0;
            for (int r = 0; r < p.rows(); r++) {
                double g = gradient.get(FLOAT, p.offset(r, c)) * factor;
                sum += g * g;
            }
            mix(colMeans, c, sum / p.rows() + squareEpsilon(), toNew);
        });
    }

    private static void mix(Tensor means, int i, double fresh, double toNew) {
        means.set(0, i, (float) (means.get(0, i) * (1 - toNew) + toNew * fresh));
    }

    @Override
    public List<StateTensor> state() {
        List<StateTensor> state = new ArrayList<>();
        for (int i = 0; i < parameters.size(); i++) {
            Parameter p = parameters.get(i);
            state.add(StateTensor.vector("row." + p.name(), byRow.get(i)));
            if (!p.isNorm()) {
                state.add(StateTensor.vector("col." + p.name(), byCol.get(i)));
            }
        }
        return state;
    }

    @Override
    public long bytes() {
        return parameters.stream().mapToLong(p -> 4L * (p.rows() + p.cols())).sum();
    }

    @Override
    public void close() {
        arena.close();
    }
}
