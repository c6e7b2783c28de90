package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.RopeTable;
import dev.jemma.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The model definition, for inference and training alike: tokens in, hidden states out, logits for the rows that are
 * asked for. A decoder of the Gemma family (arXiv 2403.08295 section 2, 2408.00118, 2503.19786): embed, for each layer
 * {norm, attention, norm, norm, feed-forward, norm}, norm, logits through the tied embedding. Generations differ by the
 * data in {@link GemmaConfig} and by norms that are there or not.
 */
public final class Gemma {
    private final GemmaConfig config;
    private final float embeddingScale;
    private final Linear embedding; // [V, d], also the output projection
    private final List<Layer> layers;
    private final Tensor finalNorm; // [1, d]
    private final Map<Weight, Linear> matrices = new HashMap<>();
    private final Map<Weight, Tensor> norms = new HashMap<>();

    private Gemma(GemmaConfig config, float embeddingScale, WeightSource source) {
        this.config = config;
        this.embeddingScale = embeddingScale;
        for (Weight weight : Weight.all(config)) {
            if (weight.part().isNorm()) {
                norms.put(weight, source.norm(weight));
            } else {
                matrices.put(weight, source.matrix(weight));
            }
        }
        embedding = matrix(new Weight(Part.EMBEDDING, 0));
        finalNorm = norm(new Weight(Part.FINAL_NORM, 0));
        Map<String, RopeTable> tables = new HashMap<>();
        List<Layer> built = new ArrayList<>();
        for (int i = 0; i < config.layers().size(); i++) {
            LayerConfig c = config.layers().get(i);
            int headDim = c.attention().headDim();
            RopeTable rope = tables.computeIfAbsent(
                    c.ropeTheta() + "/" + c.ropeFactor() + "/" + headDim,
                    _ -> new RopeTable(c.ropeTheta(), c.ropeFactor(), headDim));
            built.add(Layer.of(i, c, rope, matrices, norms));
        }
        layers = List.copyOf(built);
    }

    /**
     * A model of weights that come from anywhere: a file ({@link ModelLoader}), or a beginning of a training run. They
     * are asked for once each, in the order of {@link Weight#all}.
     *
     * @param embeddingScale the factor √d on token embeddings, as rounded for this model
     */
    public static Gemma of(GemmaConfig config, float embeddingScale, WeightSource source) {
        return new Gemma(config, embeddingScale, source);
    }

    /** The matrix that the model computes with for this weight, the very instance that {@link Ops} gets to see. */
    public Linear matrix(Weight weight) {
        return Optional.ofNullable(matrices.get(weight))
                .orElseThrow(() -> new IllegalArgumentException(weight + " is no matrix of this model"));
    }

    /** The norm that the model computes with for this weight, [1, n], with its 1 already in it (DESIGN 5.3). */
    public Tensor norm(Weight weight) {
        return Optional.ofNullable(norms.get(weight))
                .orElseThrow(() -> new IllegalArgumentException(weight + " is no norm of this model"));
    }

    /** What the files say the model is. */
    public GemmaConfig config() {
        return config;
    }

    /** The factor √d on token embeddings, as rounded for this model (DESIGN 5.4). */
    public float embeddingScale() {
        return embeddingScale;
    }

    /** Hidden states after the final norm for the T tokens of the batch that {@code ops} is bound to: [T, d]. */
    public Tensor hidden(Ops ops) {
        Tensor x = ops.embed(embedding, embeddingScale); // [T, d]
        ops.mark("embed", x);
        for (Layer layer : layers) {
            x = ops.layer(layer.index(), x, in -> block(ops, layer, in)); // [T, d]
            ops.mark(layer.name(), x);
        }
        ops.beginLayer(layers.size());
        Tensor last = ops.rmsNorm(x, finalNorm);
        ops.mark("final_norm", last);
        return last;
    }

    private static Tensor block(Ops ops, Layer layer, Tensor x) {
        Tensor h = ops.rmsNorm(x, layer.attentionNorm()); // [T, d]
        Tensor a = attention(ops, layer, h); // [T, d]
        x = ops.add(x, normed(ops, a, layer.postAttentionNorm()));
        h = ops.rmsNorm(x, layer.feedForwardNorm());
        Tensor f = ops.feedForward(h, layer.gate(), layer.up(), layer.down()); // [T, d]
        return ops.add(x, normed(ops, f, layer.postFeedForwardNorm()));
    }

    private static Tensor attention(Ops ops, Layer layer, Tensor h) {
        AttentionShape shape = layer.config().attention();
        List<Tensor> qkv = ops.linear(h, layer.qkv()); // [T, heads·hd], [T, kvHeads·hd] twice
        Tensor q = normed(ops, qkv.get(0), layer.queryNorm()); // of each head
        Tensor k = normed(ops, qkv.get(1), layer.keyNorm());
        q = ops.rope(q, layer.rope());
        k = ops.rope(k, layer.rope());
        Tensor attended = ops.attention(layer.index(), shape, q, k, qkv.get(2)); // [T, heads·hd]
        return ops.linear(attended, layer.output()); // [T, d]
    }

    private static Tensor normed(Ops ops, Tensor x, Optional<Tensor> weight) {
        return weight.isEmpty() ? x : ops.rmsNorm(x, weight.get());
    }

    /** Logits of hidden states [n, d]: [n, V], soft-capped where the generation does. */
    public Tensor logits(Ops ops, Tensor hidden) {
        Tensor logits = ops.linear(hidden, embedding); // [n, V]
        return config.finalLogitSoftcap() > 0 ? ops.softcap(logits, config.finalLogitSoftcap()) : logits;
    }
}
