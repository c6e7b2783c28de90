package dev.jemma.model;

import dev.jemma.kernel.RopeTable;
import dev.jemma.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

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
        Optional<Tensor> postFeedForwardNorm) {
    /** Layer {@code i} of the weights of a model. */
    static Layer of(
            int i, LayerConfig config, RopeTable rope, Map<Weight, Linear> matrices, Map<Weight, Tensor> norms) {
        Function<Part, Linear> matrix = part -> Objects.requireNonNull(matrices.get(new Weight(part, i)), part::name);
        Function<Part, Optional<Tensor>> maybe = part -> Optional.ofNullable(norms.get(new Weight(part, i)));
        Function<Part, Tensor> norm = part -> maybe.apply(part).orElseThrow();
        return new Layer(
                i,
                "layer" + i,
                config,
                rope,
                norm.apply(Part.ATTENTION_NORM),
                List.of(matrix.apply(Part.QUERY), matrix.apply(Part.KEY), matrix.apply(Part.VALUE)),
                maybe.apply(Part.QUERY_NORM),
                maybe.apply(Part.KEY_NORM),
                matrix.apply(Part.OUTPUT),
                maybe.apply(Part.POST_ATTENTION_NORM),
                norm.apply(Part.FEED_FORWARD_NORM),
                matrix.apply(Part.GATE),
                matrix.apply(Part.UP),
                matrix.apply(Part.DOWN),
                maybe.apply(Part.POST_FEED_FORWARD_NORM));
    }
}
