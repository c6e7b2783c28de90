package dev.jemma.train.tape;

import dev.jemma.kernel.FloatMath;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.model.Linear;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Objects;

/**
 * From hidden states to a loss and back, through the tied embedding, for those rows only that the loss counts. Rows go by
 * in blocks: logits, log-sum-exp, loss, slopes in place of the logits, gradient of the hidden rows and of the embedding;
 * logits of more than {@value #ROWS} rows never exist (DESIGN 5.12). Any loss that is a function of log-probabilities
 * goes in two rounds: {@link #logProbs}, then a {@link RowLoss} with each one's derivative as weight.
 */
public final class OutputHead implements AutoCloseable {
    /** Rows of a block: enough that the embedding is read rarely, few enough to be small beside it. */
    private static final int ROWS = 128;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Linear embedding;
    private final Matrix matrix; // [V, d]
    private final float cap;
    private final RecordingOps ops;
    private final Kernels kernels;
    private final Workers workers;
    private final Arena arena = Arena.ofShared();
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
        kernels.linear(workers, h, List.of(matrix), List.of(z), Precision.EXACT);
        if (cap > 0) {
            kernels.softcap(workers, z, cap);
        }
        double[] logSumExp = new double[n];
        kernels.logSumExp(workers, z, logSumExp);
        RowLoss.Slope[] slopes = new RowLoss.Slope[n];
        workers.run(n, (i, _) -> {
            slopes[i] = loss.at(first + i, new LogitRow(z, i, logSumExp[i]));
            if (gradient) {
                slope(z, i, (float) logSumExp[i], slopes[i]);
            }
        });
        double total = 0;
        for (RowLoss.Slope slope : slopes) {
            total += Objects.requireNonNull(slope).loss();
        }
        if (gradient) {
            Tensor dh = hiddenSlopes.slice(0, n);
            LinearBackward.inputGradient(workers, kernels, z, matrix, dh, false);
            Tensor dHidden = ops.gradient(hidden);
            for (int i = 0; i < n; i++) {
                Tensor sum = row(dHidden, rows[first + i]);
                kernels.add(workers, sum, row(dh, i), sum);
            }
            ops.parameters()
                    .of(embedding)
                    .ifPresent(e -> LinearBackward.weightGradient(workers, kernels, h, z, e.gradientTransposed()));
        }
        return total;
    }

    private static Tensor row(Tensor x, int row) {
        return x.slice(row, row + 1);
    }

    /** Puts the slope in the uncapped logits in place of the capped logits. */
    private void slope(Tensor z, int row, float logSumExp, RowLoss.Slope slope) {
        int[] tokens = slope.tokens();
        float[] capSlopes = new float[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            capSlopes[i] = RowBackward.capSlope(z.get(row, tokens[i]), cap);
        }
        float softmax = (float) slope.softmax();
        float constant = (float) slope.constant();
        float[] dense = slope.dense();
        MemorySegment data = z.data();
        long at = z.offset(row, 0);
        for (int i = 0; i < z.cols(); i++) {
            float logit = data.get(FLOAT, at + 4L * i);
            float d = Math.fma(softmax, FloatMath.exp(logit - logSumExp), constant);
            if (dense.length > 0) {
                d += dense[i];
            }
            data.set(FLOAT, at + 4L * i, d * RowBackward.capSlope(logit, cap));
        }
        for (int i = 0; i < tokens.length; i++) {
            z.set(row, tokens[i], z.get(row, tokens[i]) + (float) slope.additions()[i] * capSlopes[i]);
        }
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
