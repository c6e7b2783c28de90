package dev.jemma.model;

/**
 * The tensors of a model and what they are called in both kinds of file. {@code %d} is the layer. Hugging Face's
 * {@code post_attention_layernorm} is the norm before the feed-forward block in Gemma 1, and the norm of attention's
 * output ever since (gemma.md 2.2).
 */
enum Part {
    EMBEDDING("token_embd", "embed_tokens"),
    FINAL_NORM("output_norm", "norm"),
    ATTENTION_NORM("blk.%d.attn_norm", "layers.%d.input_layernorm"),
    QUERY("blk.%d.attn_q", "layers.%d.self_attn.q_proj"),
    KEY("blk.%d.attn_k", "layers.%d.self_attn.k_proj"),
    VALUE("blk.%d.attn_v", "layers.%d.self_attn.v_proj"),
    OUTPUT("blk.%d.attn_output", "layers.%d.self_attn.o_proj"),
    QUERY_NORM("blk.%d.attn_q_norm", "layers.%d.self_attn.q_norm"),
    KEY_NORM("blk.%d.attn_k_norm", "layers.%d.self_attn.k_norm"),
    POST_ATTENTION_NORM("blk.%d.post_attention_norm", "layers.%d.post_attention_layernorm"),
    FEED_FORWARD_NORM("blk.%d.ffn_norm", "layers.%d.pre_feedforward_layernorm"),
    GATE("blk.%d.ffn_gate", "layers.%d.mlp.gate_proj"),
    UP("blk.%d.ffn_up", "layers.%d.mlp.up_proj"),
    DOWN("blk.%d.ffn_down", "layers.%d.mlp.down_proj"),
    POST_FEED_FORWARD_NORM("blk.%d.post_ffw_norm", "layers.%d.post_feedforward_layernorm");

    private final String gguf;
    private final String huggingFace;

    Part(String gguf, String huggingFace) {
        this.gguf = gguf;
        this.huggingFace = huggingFace;
    }

    /** The name in a GGUF file. */
    String ggufName(int layer) {
        return gguf.replace("%d", Integer.toString(layer)) + ".weight";
    }

    /** The name in a safetensors file, after its prefix. */
    String huggingFaceName(Architecture architecture, int layer) {
        String name = this == FEED_FORWARD_NORM && architecture == Architecture.GEMMA
                ? POST_ATTENTION_NORM.huggingFace
                : huggingFace;
        return name.replace("%d", Integer.toString(layer)) + ".weight";
    }
}
