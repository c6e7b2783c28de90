package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The arithmetic of a forward pass. A provider is chosen once at start; the scalar one is the twin that defines the
 * answer, and every other provider gives the same bits: each operation below states the order of its sums, which never
 * depends on the number of rows, on chunking or on threads (DESIGN 5.5).
 *
 * <p>All methods are safe to call from several threads as long as outputs do not overlap. Shapes are checked once per
 * call ({@link IllegalArgumentException}); {@code T} is the number of rows (tokens) in a batch.
 */
public interface Kernels {
    /** Columns of a piece whose largest {@link #maxima} finds. */
    int PIECE = 256;

    /** Short name shown by {@code doctor}: {@code scalar}, {@code vector-512}, … */
    String name();

    /** Starts packing a matrix [rows, cols] whose memory comes from {@code arena}. */
    MatrixBuilder matrix(DType type, int rows, int cols, Arena arena);

    /**
     * Several matrix products with the same input: {@code y_i = x · w_iᵀ}, x [T, k], w_i [n_i, k], y_i [T, n_i].
     *
     * <p>EXACT, or weights without an int8 kernel: {@code acc = fma(w[k], x[k], acc)}, k ascending, w decoded exactly.
     * FAST with Q4_0, Q5_0, Q8_0, Q4_K, Q5_K, Q6_K: x is rounded to int8 in blocks of 32 (dx = max|x|/127, codes
     * round-half-even of x·(1/dx), clamped to ±127; a block with dx = 0 or whose 1/dx is infinite has codes 0); for each
     * group of weights with one scale (32, or 16 for Q6_K), ascending:
     * {@code acc = fma(Σ q·xq, s·dx, acc)} with the exact integer sum, s the group's float32 scale (d, or d·sc);
     * for Q4_K and Q5_K then {@code acc = fma(−m, dx·Σ xq, acc)} with m = dmin·min.
     */
    void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision);

    /**
     * Some of the numbers of {@code y = x · wᵀ}, x [1, k], y [1, n]: those of rows 16·p … 16·p + 15 of w for each p in
     * {@code panels[from … to − 1]}, with the bits of {@link #linear}. The rest of y stays.
     */
    default void pick(
            Workers workers, Tensor x, Matrix w, int[] panels, int from, int to, Tensor y, Precision precision) {
        Shapes.pick(x, w, panels, from, to, y);
        for (int i = from; i < to; i++) {
            int first = MatrixBuilder.ROWS * panels[i];
            int rows = Math.min(MatrixBuilder.ROWS, w.rows() - first);
            Tensor out = new Tensor(y.data().asSlice(y.offset(0, first), 4L * rows), 1, rows);
            linear(workers, x, List.of(w.rows(first, rows)), List.of(out), precision);
        }
    }

    /**
     * RMSNorm of every row: {@code x · (1/√(mean(x²)+eps)) · weight}, weight [1, cols] with the generation's +1 already
     * in it. The sum of squares runs in 16 float32 lanes (lane i takes columns i, i+16, …), folded by
     * {@link Lanes#sum}. {@code out} may be {@code x}.
     */
    void rmsNorm(Workers workers, Tensor x, Tensor weight, float eps, Tensor out);

    /**
     * Rotary position embedding in place, half-split pairs (i, i + headDim/2), x [T, heads·headDim]; row t turns by the
     * angles of {@code positions[t]}.
     */
    void rope(Workers workers, Tensor x, int headDim, RopeTable table, int[] positions);

    /**
     * Writes k and v [T, kvHeads·headDim] into the blocks of their sequences, rounded to the blocks' type: F32 as they
     * are; BF16 to the nearest, ties to even; Q8_0 in blocks of 32 features of a head and position (the last of a head
     * may be shorter) as {@link dev.jemma.quant.Quants#encode} does: d = max|x|/127, codes to the nearest of x·(1/d),
     * ties away from 0, and d stored as float16.
     */
    void storeKv(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor k, Tensor v);

    /**
     * Attention of every row over its sequence's keys: softmax(scale·q·kᵀ, capped, masked)·v, q and out [T,
     * heads·headDim]. Scores add over the head dimension ascending with fma; the softmax is online over tiles of keys
     * that start at absolute multiples of the tile; values add with keys ascending. Keys and values are what the blocks
     * hold, as float32: a Q8_0 code times its scale, that product rounded to float32.
     */
    void attention(Workers workers, AttentionShape shape, KvBlocks blocks, List<Span> spans, Tensor q, Tensor out);

    /** GeGLU, tanh form: {@code out = 0.5·g·(1 + tanh(√(2/π)(g + 0.044715 g³))) · up}; out may be either input. */
    void geglu(Workers workers, Tensor gate, Tensor up, Tensor out);

    /** {@code out = a + b}; out may be either input. */
    void add(Workers workers, Tensor a, Tensor b, Tensor out);

    /** {@code x = cap·tanh(x/cap)} in place. */
    void softcap(Workers workers, Tensor x, float cap);

    /**
     * log Σ exp(x) of each row, with x − max in float32, exp in float32, sums in 16 lanes (lane i takes columns i, i+16,
     * …) over tiles of 4,096 columns folded by {@link Lanes#sum}, and tiles added in float64.
     */
    void logSumExp(Workers workers, Tensor x, double[] out);

    /**
     * The largest of each {@value #PIECE} of the first {@code cols} columns of x [T, V], the last piece of a row being what
     * is left; out [T · ⌈cols / {@value #PIECE}⌉] or longer. What is not a number may or may not be passed over.
     */
    void maxima(Workers workers, Tensor x, int cols, float[] out);

    /**
     * One product of strided float32 matrices on the calling thread: {@code c = a · b}, or {@code c + a · b}; a [m, k],
     * b [k, n], c [m, n]. Each element is one chain {@code acc = fma(a[i, l], b[l, j], acc)}, l ascending, that starts at 0
     * or at c. Training builds on it (gradients of linear layers, attention both ways); callers cut large products into
     * blocks of c, or into stretches of l one after another, without a change of bits. c must not overlap a or b.
     */
    default void product(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        ScalarProduct.multiply(a, b, c, m, n, k, accumulate);
    }

    /**
     * Copies a strided matrix [rows, cols] to where another lies on the calling thread, or adds it to that; the two must
     * not overlap. Training turns activations into panels of tokens and back with it.
     */
    default void copy(Grid from, Grid to, int rows, int cols, boolean add) {
        GridCopy.copy(from, to, rows, cols, add);
    }

    /**
     * Decodes rows {@code firstRow} (a multiple of 16) … of a matrix that this provider packed, exactly, to panels of
     * float32: element (r, k) goes to float {@code (r / 16)·16·cols + 16·k + r % 16} of {@code panels}, which has room for
     * whole panels. On the calling thread.
     */
    default void decode(Matrix w, int firstRow, int rows, MemorySegment panels) {
        Shapes.panels(w, firstRow, rows, panels);
        GridCopy.decode(w, firstRow, rows, panels);
    }

    /** The operations that only training needs, with the same promises. */
    default TrainingKernels training() {
        return new RowTraining(new ScalarSteps());
    }
}
