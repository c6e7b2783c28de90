package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.tensor.Tensor;
import java.util.List;
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

    Gemma(GemmaConfig config, float embeddingScale, Linear embedding, List<Layer> layers, Tensor finalNorm) {
        this.config = config;
        this.embeddingScale = embeddingScale;
        this.embedding = embedding;
        this.layers = List.copyOf(layers);
        this.finalNorm = finalNorm;
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
            ops.beginLayer(layer.index());
            Tensor h = ops.rmsNorm(x, layer.attentionNorm()); // [T, d]
            Tensor a = attention(ops, layer, h); // [T, d]
            x = ops.add(x, normed(ops, a, layer.postAttentionNorm()));
            h = ops.rmsNorm(x, layer.feedForwardNorm());
            Tensor f = ops.linear(ops.geglu(h, layer.gate(), layer.up()), layer.down()); // [T, ff] → [T, d]
            x = ops.add(x, normed(ops, f, layer.postFeedForwardNorm()));
            ops.mark(layer.name(), x);
        }
        ops.beginLayer(layers.size());
        Tensor last = ops.rmsNorm(x, finalNorm);
        ops.mark("final_norm", last);
        return last;
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
