package dev.jemma.model;

import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import java.util.List;

/**
 * All that the model definition needs to know of one model, read from a file's header (paper Table 1 and successors).
 *
 * @param architecture the block's shape
 * @param vocabularySize rows of the token embedding, which is also the output projection
 * @param hiddenSize d, width of the residual stream
 * @param contextLength positions the model was trained for
 * @param rmsNormEps ε of every RMSNorm
 * @param finalLogitSoftcap cap on the logits; 0 for none
 * @param slidingWindow W as files state it, 0 if they state none; what a layer sees is in its own entry
 * @param queryScalar {@code query_pre_attn_scalar}, whose −½th power scales the attention scores
 * @param rope rotary positions as files state them; what a layer uses is in its own entry
 * @param layers one entry a layer
 * @param assumed values the file does not give and that were filled in, one line each, for {@code inspect}
 */
public record GemmaConfig(
        Architecture architecture,
        int vocabularySize,
        int hiddenSize,
        int contextLength,
        float rmsNormEps,
        float finalLogitSoftcap,
        int slidingWindow,
        double queryScalar,
        RopeConfig rope,
        List<LayerConfig> layers,
        List<String> assumed) {
    public GemmaConfig {
        layers = List.copyOf(layers);
        assumed = List.copyOf(assumed);
        if (vocabularySize <= 0 || hiddenSize <= 0 || contextLength <= 0 || layers.isEmpty()) {
            throw new IllegalArgumentException("vocabulary " + vocabularySize + ", width " + hiddenSize + ", context "
                    + contextLength + ", layers " + layers.size() + ": none may be zero");
        }
    }

    /** Whether this model makes one vector of a text rather than next-token logits. */
    public boolean embedsText() {
        return architecture == Architecture.GEMMA_EMBEDDING;
    }

    /** V·d, counted once although input and output share it (paper Table 2). */
    public long embeddingParameters() {
        return (long) vocabularySize * hiddenSize;
    }

    /**
     * Everything but the embedding: L·(2·d·nh·hd + 2·d·nkv·hd + 3·d·ff + norms) + d; reproduces the paper's Table 2 for
     * 2B and 7B exactly.
     */
    public long nonEmbeddingParameters() {
        long total = 0;
        for (Weight weight : Weight.all(this)) {
            total += weight.part() == Part.EMBEDDING ? 0 : weight.elements(this);
        }
        return total;
    }

    /** Bytes of keys and values that one sequence of {@code tokens} tokens holds when its windows are full. */
    public long kvBytes(int tokens, KvType type) {
        long bytes = 0;
        for (LayerConfig layer : layers) {
            var a = layer.attention();
            int kept = layer.global() ? tokens : Math.min(tokens, a.window());
            bytes += 2L * a.kvHeads() * type.headBytes(a.headDim()) * kept / KvBlocks.TOKENS;
        }
        return bytes;
    }
}
