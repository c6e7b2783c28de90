package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.RopeTable;
import dev.jemma.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The coarse operations that {@link Gemma} is written in, bound to one batch of T rows. One implementation computes at
 * once over packed weights and a paged KV cache ({@link InferenceOps}); training adds one that also records.
 *
 * <p>Tensors that an operation returns live until the layer after next begins (see {@link #beginLayer}); none is ever
 * changed once returned.
 */
public interface Ops {
    /** Rows of the table for the batch's tokens, times {@code scale}: [T, d]. */
    Tensor embed(Linear table, float scale);

    /** RMSNorm of x [n, h·c] with weight [1, c]: of each row, or of each of its h heads. */
    Tensor rmsNorm(Tensor x, Tensor weight);

    /** x [n, in] times each weight: [n, out_i]. The list of weights is one that does not change. */
    List<Tensor> linear(Tensor x, List<Linear> weights);

    /** x [n, in] times one weight: [n, out]. */
    default Tensor linear(Tensor x, Linear weight) {
        return linear(x, List.of(weight)).getFirst();
    }

    /** The feed-forward network: (gelu(x·gateᵀ) ⊙ (x·upᵀ))·downᵀ, tanh form, [T, d] → [T, ff] → [T, d]. */
    Tensor feedForward(Tensor x, Linear gate, Linear up, Linear down);

    /** x [T, heads·headDim] turned by the angles of the rows' positions. */
    Tensor rope(Tensor x, RopeTable table);

    /** Stores k and v [T, kvHeads·headDim] as layer {@code layer}'s and attends with q: [T, heads·headDim]. */
    Tensor attention(int layer, AttentionShape shape, Tensor q, Tensor k, Tensor v);

    /** a + b. */
    Tensor add(Tensor a, Tensor b);

    /** cap·tanh(x/cap). */
    Tensor softcap(Tensor x, float cap);

    /** The given rows of x, in this order. */
    Tensor rows(Tensor x, int[] rows);

    /** Runs one layer on x [T, d]; training may keep x alone and run the layer again for its gradients. */
    default Tensor layer(int layer, Tensor x, UnaryOperator<Tensor> body) {
        beginLayer(layer);
        return body.apply(x);
    }

    /** A layer starts: memory of the layer before the last may be used again; training may set a mark. */
    void beginLayer(int layer);

    /** Names an intermediate result for whoever watches. */
    void mark(String name, Tensor x);
}
