package dev.jemma.model;

import java.util.Optional;

/**
 * The kinds of tensor of a model and what they are called in both kinds of file. {@code %d} is the layer. Hugging
 * Face's {@code post_attention_layernorm} is the norm before the feed-forward block in Gemma 1, and the norm of
 * attention's output ever since (gemma.md 2.2).
 */
public enum Part {
    EMBEDDING("token_embd", "embed_tokens"),
    ATTENTION_NORM("blk.%d.attn_norm", "layers.%d.input_layernorm"),
    QUERY("blk.%d.attn_q", "layers.%d.self_attn.q_proj"),
    KEY("blk.%d.attn_k", "layers.%d.self_attn.k_proj"),
    VALUE("blk.%d.attn_v", "layers.%d.self_attn.v_proj"),
    QUERY_NORM("blk.%d.attn_q_norm", "layers.%d.self_attn.q_norm"),
    KEY_NORM("blk.%d.attn_k_norm", "layers.%d.self_attn.k_norm"),
    OUTPUT("blk.%d.attn_output", "layers.%d.self_attn.o_proj"),
    POST_ATTENTION_NORM("blk.%d.post_attention_norm", "layers.%d.post_attention_layernorm"),
    FEED_FORWARD_NORM("blk.%d.ffn_norm", "layers.%d.pre_feedforward_layernorm"),
    GATE("blk.%d.ffn_gate", "layers.%d.mlp.gate_proj"),
    UP("blk.%d.ffn_up", "layers.%d.mlp.up_proj"),
    DOWN("blk.%d.ffn_down", "layers.%d.mlp.down_proj"),
    POST_FEED_FORWARD_NORM("blk.%d.post_ffw_norm", "layers.%d.post_feedforward_layernorm"),
    FINAL_NORM("output_norm", "norm");

    private final String gguf;
    private final String huggingFace;

    Part(String gguf, String huggingFace) {
        this.gguf = gguf + ".weight";
        this.huggingFace = huggingFace + ".weight";
    }

    /** Whether every layer has one. */
    public boolean ofLayer() {
        return gguf.startsWith("blk.");
    }

    /** Whether it scales a normalisation: a vector, stored as w in safetensors and as 1 + w in GGUF. */
    public boolean isNorm() {
        return name().endsWith("NORM");
    }

    /** Whether models of this architecture have it. */
    public boolean isIn(Architecture architecture) {
        return switch (this) {
            case QUERY_NORM, KEY_NORM -> architecture.qkNorm();
            case POST_ATTENTION_NORM, POST_FEED_FORWARD_NORM -> architecture.postNorms();
            default -> true;
        };
    }

    /** The pattern of its name in a GGUF file. */
    String gguf() {
        return gguf;
    }

    /** The pattern of its name in a safetensors file, after the prefix. */
    String huggingFace(Architecture architecture) {
        return this == FEED_FORWARD_NORM && architecture == Architecture.GEMMA
                ? POST_ATTENTION_NORM.huggingFace
                : huggingFace;
    }

    /** The part of a name's GGUF pattern. */
    static Optional<Part> ofGguf(String pattern) {
        for (Part part : values()) {
            if (part.gguf.equals(pattern)) {
                return Optional.of(part);
            }
        }
        return Optional.empty();
    }

    /** The part of a name's safetensors pattern. */
    static Optional<Part> ofHuggingFace(Architecture architecture, String pattern) {
        for (Part part : values()) {
            if (part.isIn(architecture) && part.huggingFace(architecture).equals(pattern)) {
                return Optional.of(part);
            }
        }
        return Optional.empty();
    }
}
