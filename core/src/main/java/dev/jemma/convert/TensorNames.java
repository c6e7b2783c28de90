package dev.jemma.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a family's tensors are called in GGUF and in safetensors. Multimodal prefixes are understood; other parts are not ours. */
final class TensorNames {
    private static final Pattern HF = Pattern.compile(
            "(?:language_model\\.model\\.|model\\.language_model\\.|model\\.|)(?:layers\\.(\\d{1,5})\\.)?([a-z_.]+)\\.weight");
    private static final Pattern IGNORED =
            Pattern.compile("(?:model\\.|language_model\\.)?(?:vision_tower|multi_modal_projector|lm_head)\\..*");
    private static final Pattern GGUF = Pattern.compile("(?:blk\\.(\\d{1,5})\\.)?([a-z_0-9]+)\\.weight");

    private final String hfPrefix;
    private final Map<String, String> layerToGguf = new HashMap<>();
    private final Map<String, String> layerToHf = new HashMap<>();

    TensorNames(Family family) {
        // An embedding model is published without the "model." of the language models.
        hfPrefix = family == Family.EMBEDDING ? "" : "model.";
        layer("input_layernorm", "attn_norm");
        layer("self_attn.q_proj", "attn_q");
        layer("self_attn.k_proj", "attn_k");
        layer("self_attn.v_proj", "attn_v");
        layer("self_attn.o_proj", "attn_output");
        layer("mlp.gate_proj", "ffn_gate");
        layer("mlp.up_proj", "ffn_up");
        layer("mlp.down_proj", "ffn_down");
        switch (family) {
            // Gemma 1's second norm comes before the feed-forward step, whatever its name says.
            case GEMMA -> layer("post_attention_layernorm", "ffn_norm");
            case VAULT -> layer("pre_feedforward_layernorm", "ffn_norm");
            case GEMMA2, GEMMA3, EMBEDDING -> {
                layer("post_attention_layernorm", "post_attention_norm");
                layer("pre_feedforward_layernorm", "ffn_norm");
                layer("post_feedforward_layernorm", "post_ffw_norm");
            }
        }
        if (family.hasLocalTheta()) {
            layer("self_attn.q_norm", "attn_q_norm");
            layer("self_attn.k_norm", "attn_k_norm");
        }
    }

    private void layer(String hf, String gguf) {
        layerToGguf.put(hf, gguf);
        layerToHf.put(gguf, hf);
    }

    /** The GGUF name of a safetensors name; empty for what is left out (vision, lm_head). */
    Optional<String> toGguf(String name) {
        Matcher parts = HF.matcher(name);
        if (!parts.matches()) {
            return Optional.empty();
        }
        if (parts.group(1) == null) {
            return switch (parts.group(2)) {
                case "embed_tokens" -> Optional.of("token_embd.weight");
                case "norm" -> Optional.of("output_norm.weight");
                default -> Optional.empty();
            };
        }
        return Optional.ofNullable(layerToGguf.get(parts.group(2)))
                .map(layer -> "blk." + parts.group(1) + "." + layer + ".weight");
    }

    /** The safetensors name of a GGUF name; empty for what is left out (an output matrix beside the embedding). */
    Optional<String> toHf(String name) {
        Matcher parts = GGUF.matcher(name);
        if (!parts.matches()) {
            return Optional.empty();
        }
        if (parts.group(1) == null) {
            return switch (parts.group(2)) {
                case "token_embd" -> Optional.of(hfPrefix + "embed_tokens.weight");
                case "output_norm" -> Optional.of(hfPrefix + "norm.weight");
                default -> Optional.empty();
            };
        }
        return Optional.ofNullable(layerToHf.get(parts.group(2)))
                .map(layer -> hfPrefix + "layers." + parts.group(1) + "." + layer + ".weight");
    }

    /** The GGUF names of all tensors of a model of {@code layers} layers. */
    List<String> expected(int layers) {
        List<String> names = new ArrayList<>(List.of("token_embd.weight", "output_norm.weight"));
        for (int i = 0; i < layers; i++) {
            for (String name : layerToHf.keySet()) {
                names.add("blk." + i + "." + name + ".weight");
            }
        }
        return names;
    }

    /** Whether a safetensors name belongs to a part that conversion leaves out: vision, or a separate output matrix. */
    static boolean isIgnored(String name) {
        return IGNORED.matcher(name).matches();
    }

    /** Whether the tensor scales a normalisation: stored as w in safetensors, as 1 + w in GGUF. */
    static boolean isNorm(String ggufName) {
        return ggufName.endsWith("norm.weight");
    }
}
