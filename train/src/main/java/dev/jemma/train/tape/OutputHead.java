package dev.jemma.train.tape;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LargeMemory;
import dev.jemma.kernel.LinearGradients;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.model.Linear;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;

/**
 * From hidden states to a loss and back, through the tied embedding, for those rows only that the loss counts. Rows go by
 * in blocks: logits, log-sum-exp, loss, slopes in place of the logits, gradient of the hidden rows and of the embedding;
 * logits of more than {@value #ROWS} rows never exist (DESIGN 5.12). Any loss that is a function of log-probabilities
 * goes in two rounds: {@link #logProbs}, then a {@link RowLoss} with each one's derivative as weight.
 */
public final class OutputHead implements AutoCloseable {
    /** Rows of a block: enough that the embedding is read, or decoded, rarely; few enough to be small beside it. */
    private static final int ROWS = 256;

    private final Linear embedding;
    private final Matrix matrix; // [V, d]
    private final float cap;
    private final RecordingOps ops;
    private final Kernels kernels;
    private final Workers workers;
    private final Arena arena = LargeMemory.shared();
    private Tensor logits; // [≤ ROWS, V]
    private Tensor hiddenRows; // [≤ ROWS, d]
    private Tensor hiddenSlopes;

    /** The head of a model whose hidden states {@code ops} computes. */
    public OutputHead(Gemma gemma, RecordingOps ops) {
        embedding = gemma.matrix(new Weight(Part.EMBEDDING, 0));
        if (!(embedding instanceof Linear.Packed(Matrix packed))) {
            throw new IllegalArgumentException("the embedding is no packed matrix");
        }
        matrix = packed;
        cap = gemma.config().finalLogitSoftcap();
        this.ops = ops;
        kernels = ops.kernels();
        workers = ops.workers();
        logits = Tensor.allocate(arena, 0, matrix.rows());
        hiddenRows = Tensor.allocate(arena, 0, matrix.cols());
        hiddenSlopes = Tensor.allocate(arena, 0, matrix.cols());
    }

    /** The loss alone. */
    public double loss(Tensor hidden, int[] rows, RowLoss loss) {
        return run(hidden, rows, loss, false);
    }

    /**
     * The loss; its gradients go to the embedding, if that is trained, and to the hidden states, from where
     * {@link RecordingOps#backward} takes them on.
     *
     * @param hidden what the model gave, [T, d]
     * @param rows those that the loss counts
     */
    public double lossAndGradient(Tensor hidden, int[] rows, RowLoss loss) {
        return run(hidden, rows, loss, true);
    }

    /** The log-probability of {@code targets[i]} at row {@code rows[i]}. */
    public double[] logProbs(Tensor hidden, int[] rows, int[] targets) {
        double[] all = new double[rows.length];
        run(
                hidden,
                rows,
                (index, row) -> {
                    all[index] = row.logProb(targets[index]);
                    return RowLoss.Slope.ofLogProb(0, 0, targets[index]);
                },
                false);
        return all;
    }

    private double run(Tensor hidden, int[] rows, RowLoss loss, boolean gradient) {
        double total = 0;
        for (int first = 0; first < rows.length; first += ROWS) {
            total += block(hidden, rows, first, Math.min(ROWS, rows.length - first), loss, gradient);
        }
        return total;
    }

    private double block(Tensor hidden, int[] rows, int first, int n, RowLoss loss, boolean gradient) {
        fit(n);
        Tensor h = hiddenRows.slice(0, n);
        Tensor z = logits.slice(0, n);
        for (int i = 0; i < n; i++) {
            h.slice(i, i + 1).data().copyFrom(row(hidden, rows[first + i]).data());
        }
        if (matrix.type() == DType.F32) {
            LinearGradients.output(workers, kernels, h, matrix, z);
        } else {
            kernels.linear(workers, h, List.of(matrix), List.of(z), Precision.EXACT);
        }
        if (cap > 0) {
            kernels.softcap(workers, z, cap);
        }
        double[] logSumExp = new double[n];
        kernels.logSumExp(workers, z, logSumExp);
        RowLoss.Slope[] slopes = new RowLoss.Slope[n];
        float[][] additions = new float[n][];
        workers.run(n, (i, _) -> {
            RowLoss.Slope slope = loss.at(first + i, new LogitRow(z, i, logSumExp[i]));
            slopes[i] = slope;
            additions[i] = gradient ? additions(z, i, slope) : new float[0];
        });
        if (gradient) {
            slopes(z, logSumExp, slopes, additions);
        }
        double total = 0;
        for (RowLoss.Slope slope : slopes) {
            total += Objects.requireNonNull(slope).loss();
        }
        if (gradient) {
            Tensor dh = hiddenSlopes.slice(0, n);
            LinearGradients.inputGradient(workers, kernels, z, matrix, dh, false);
            Tensor dHidden = ops.gradient(hidden);
            for (int i = 0; i < n; i++) {
                Tensor sum = row(dHidden, rows[first + i]);
                kernels.add(workers, sum, row(dh, i), sum);
            }
            ops.parameters()
                    .of(embedding)
                    .ifPresent(
                            e -> LinearGradients.weightGradient(workers, kernels, h, z, e.gradientTransposed(), true));
        }
        return total;
    }

    private static Tensor row(Tensor x, int row) {
        return x.slice(row, row + 1);
    }

    /** What a row's slope has beside probabilities and constant, with the slope of the cap; first that of its tokens. */
    private float[] additions(Tensor z, int row, RowLoss.Slope slope) {
        int[] tokens = slope.tokens();
        float[] dense = slope.dense();
        float[] all = new float[tokens.length + dense.length];
        for (int i = 0; i < tokens.length; i++) {
            all[i] = (float) slope.additions()[i] * capSlope(z.get(row, tokens[i]));
        }
        for (int i = 0; i < dense.length; i++) {
            all[tokens.length + i] = dense[i] * capSlope(z.get(row, i));
        }
        return all;
    }

    private float capSlope(float logit) {
        float share = cap > 0 ? logit / cap : 0;
        return 1 - share * share;
    }

    /** Puts the slopes in the uncapped logits in place of the capped logits. */
    private void slopes(Tensor z, double[] logSumExp, RowLoss.Slope[] slopes, float[][] additions) {
        int n = slopes.length;
        float[] lse = new float[n];
        float[] softmax = new float[n];
        float[] constant = new float[n];
        for (int i = 0; i < n; i++) {
            RowLoss.Slope slope = Objects.requireNonNull(slopes[i]);
            lse[i] = (float) logSumExp[i];
            softmax[i] = (float) slope.softmax();
            constant[i] = (float) slope.constant();
        }
        kernels.training().lossSlopes(workers, z, lse, softmax, constant, cap);
        workers.run(n, (r, _) -> {
            int[] tokens = Objects.requireNonNull(slopes[r]).tokens();
            float[] more = Objects.requireNonNull(additions[r]);
            for (int i = 0; i < tokens.length; i++) {
                z.set(r, tokens[i], z.get(r, tokens[i]) + more[i]);
            }
            for (int i = tokens.length; i < more.length; i++) {
                z.set(r, i - tokens.length, z.get(r, i - tokens.length) + more[i]);
            }
        });
    }

    private void fit(int rows) {
        if (logits.rows() < rows) {
            int all = rows == ROWS ? ROWS : Math.min(ROWS, 2 * rows);
            logits = Tensor.allocate(arena, all, matrix.rows());
            hiddenRows = Tensor.allocate(arena, all, matrix.cols());
            hiddenSlopes = Tensor.allocate(arena, all, matrix.cols());
        }
    }

    /** Bytes of its blocks. */
    public long bytes() {
        return 4L * logits.rows() * (logits.cols() + 2L * matrix.cols());
    }

    @Override
    public void close() {
        arena.close();
    }
}
