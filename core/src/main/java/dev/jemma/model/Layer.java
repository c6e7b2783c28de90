package dev.jemma.model;

import dev.jemma.kernel.RopeTable;
import dev.jemma.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * The weights of one layer. Norm weights are [1, n] and ready to multiply: the generation's (1 + w) is already in them
 * (DESIGN 5.3).
 *
 * @param name name of the layer's output in traces: {@code layer0}, …
 * @param attentionNorm before attention
 * @param qkv query, key and value projections, computed in one go
 * @param queryNorm over each head of q (Gemma 3)
 * @param keyNorm over each head of k (Gemma 3)
 * @param output [d, heads·headDim]
 * @param postAttentionNorm on attention's output (Gemma 2 and later)
 * @param feedForwardNorm before the feed-forward block
 * @param postFeedForwardNorm on its output (Gemma 2 and later)
 */
record Layer(
        int index,
        String name,
        LayerConfig config,
        RopeTable rope,
        Tensor attentionNorm,
        List<Linear> qkv,
        Optional<Tensor> queryNorm,
        Optional<Tensor> keyNorm,
        Linear output,
        Optional<Tensor> postAttentionNorm,
        Tensor feedForwardNorm,
        Linear gate,
        Linear up,
        Linear down,
        Optional<Tensor> postFeedForwardNorm) {}
