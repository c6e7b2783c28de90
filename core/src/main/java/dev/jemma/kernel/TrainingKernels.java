package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * What training computes beside {@link Kernels#product} and {@link LinearGradients}: the way back through each operation
 * on rows, the inner parts of attention, and the update of parameters. Obtained by {@link Kernels#training}. As there,
 * each operation states the order of its sums, every provider gives the same bits, and threads do not show in a result.
 * The rotation of heads has its way back in {@link Kernels#rope} with {@link RopeTable#inverse}.
 *
 * <p>Methods without {@link Workers} run on the calling thread; all are safe to call from several threads as long as
 * outputs do not overlap. Shapes are checked once per call ({@link IllegalArgumentException}).
 */
public interface TrainingKernels {
    /**
     * A loss's slopes in the logits, in place of the (capped) logits z [rows, V]:
     * {@code z = (softmax[r]·exp(z − logSumExp[r]) + constant[r])·(1 − (z/cap)²)}, without the last factor if cap is 0.
     * Cross-entropy over n rows has softmax = (1 + 2·c·logSumExp)/n with c the factor of its z-loss, constant 0, and
     * {@code −1/n} times the last factor to be added at the target.
     */
    void lossSlopes(Workers workers, Tensor z, float[] logSumExp, float[] softmax, float[] constant, float cap);

    /**
     * The way back through {@link Kernels#rmsNorm}, f being its factor of a row: {@code p = dy·weight},
     * {@code dx = fma(−f³·Σ(p·x)/cols, x, p·f)}, or dx and that; sums in 16 lanes as there.
     *
     * @param dWeight [1, cols], added to: {@code Σ dy·x·f}, rows in chunks of 32 ascending, then the chunks ascending;
     *     empty if the weight is not trained
     */
    void rmsNorm(
            Workers workers,
            Tensor x,
            Tensor weight,
            float eps,
            Tensor dy,
            Tensor dx,
            boolean accumulate,
            Optional<Tensor> dWeight);

    /** The way back through {@link Kernels#geglu}: {@code dGate = gelu′(gate)·(dy·up)}, {@code dUp = gelu(gate)·dy}. */
    void geglu(Workers workers, Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp);

    /** The way back through {@link Kernels#softcap} from its result y: {@code d = d·(1 − (y/cap)²)} in place. */
    void softcap(Workers workers, Tensor y, float cap, Tensor d);

    /** {@code out = factor·x}, or {@code fma(factor, x, out)}; without {@code add} out may be x. */
    void scale(Workers workers, Tensor x, float factor, Tensor out, boolean add);

    /**
     * One step of AdamW over the first {@code floats} floats of four memories:
     * {@code g = gradient·factor}, {@code m = fma(toMean, g − m, m)}, {@code v = fma(toSquare·g, g, beta2·v)},
     * {@code p = p·keep − stepSize·m / (√v/squareRoot + epsilon)}.
     */
    void adamW(
            Workers workers,
            MemorySegment values,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment square,
            long floats,
            AdamStep step);

    /**
     * Σ x² of the first {@code floats} floats: 16 float32 lanes over tiles of 4,096 folded by {@link Lanes#sum}, tiles
     * added in float64.
     */
    double sumOfSquares(Workers workers, MemorySegment data, long floats);

    /**
     * Turns a row of products q·k into weights of attention: {@code s = scale·s}, capped by {@code cap·tanh(s/cap)} if
     * cap is not 0, then softmax over columns {@code from} … {@code to} − 1 (one at least), 0 elsewhere. Sums in 16 lanes
     * from column {@code from} on.
     *
     * @param at byte offset of the row
     * @param cols its length
     * @return log Σ exp of the row, which {@link #attentionSlopes} wants back
     */
    float softmax(MemorySegment s, long at, int cols, int from, int to, float scale, float cap);

    /**
     * From a row of products q·k and of slopes d of its weights: the weights again, in place of s, and the slopes of the
     * products, {@code (d − dot)·weight·scale·(1 − tanh²)}, in place of d; the last factor only with a cap. 0 outside of
     * columns {@code from} … {@code to} − 1.
     *
     * @param logSumExp as {@link #softmax} gave it
     * @param dot Σ weight·d of the row, which is also out·dOut
     */
    void attentionSlopes(
            MemorySegment s,
            long sAt,
            MemorySegment d,
            long dAt,
            int cols,
            int from,
            int to,
            float scale,
            float cap,
            float logSumExp,
            float dot);

    /** {@code Σ a·b} over n floats that begin at bytes {@code aAt}, {@code bAt}, in 16 lanes. */
    float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n);
}
