package dev.jemma.convert;

import dev.jemma.format.Json;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.model.Architecture;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;
import dev.jemma.model.RopeConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Writes a model's configuration as {@code config.json}, in the spelling that old and new readers know; the other
 * direction is {@link dev.jemma.model.HfConfig}.
 */
final class HfConfigWriter {
    private HfConfigWriter() {}

    /** Ids of the tokens that a configuration names. */
    record TokenIds(int bos, int eos, int padding) {}

    /** The fields in alphabetical order, as other software writes them. */
    static Map<String, Object> fields(GemmaConfig config, String dtype, TokenIds ids) {
        Architecture architecture = config.architecture();
        boolean first = architecture == Architecture.GEMMA;
        LayerConfig layer = config.layers().getFirst(); // sizes are those of all layers
        AttentionShape attention = layer.attention();
        RopeConfig rope = config.rope();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of(modelClass(architecture)));
        json.put("attention_bias", false);
        json.put("attention_dropout", 0.0);
        if (!first) {
            json.put("attn_logit_softcapping", orNull(attention.softcap()));
        }
        json.put("bos_token_id", ids.bos());
        json.put("dtype", dtype); // since transformers 5; torch_dtype before
        json.put("eos_token_id", ids.eos());
        if (!first) {
            json.put("final_logit_softcapping", orNull(config.finalLogitSoftcap()));
        }
        json.put("head_dim", attention.headDim());
        json.put(first ? "hidden_act" : "hidden_activation", "gelu_pytorch_tanh");
        json.put("hidden_size", config.hiddenSize());
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", layer.feedForwardSize());
        if (architecture.windowed()) {
            json.put(
                    "layer_types",
                    config.layers().stream()
                            .map(l -> l.global() ? "full_attention" : "sliding_attention")
                            .toList());
        }
        json.put("max_position_embeddings", config.contextLength());
        json.put("model_type", architecture.modelType());
        json.put("num_attention_heads", attention.heads());
        json.put("num_hidden_layers", config.layers().size());
        json.put("num_key_value_heads", attention.kvHeads());
        json.put("pad_token_id", ids.padding());
        if (!first) {
            json.put("query_pre_attn_scalar", wholeIfWhole(config.queryScalar()));
        }
        json.put("rms_norm_eps", decimal(config.rmsNormEps()));
        if (architecture.localRope()) {
            json.put("rope_local_base_freq", decimal(rope.localTheta()));
        }
        json.put("rope_parameters", ropeParameters(architecture, rope)); // since transformers 5; the next two before
        if (architecture.localRope() || rope.factor() != 1) {
            json.put(
                    "rope_scaling",
                    rope.factor() == 1 ? Json.NULL : Map.of("factor", decimal(rope.factor()), "rope_type", "linear"));
        }
        json.put("rope_theta", decimal(rope.theta()));
        if (architecture.windowed()) {
            json.put("sliding_window", config.slidingWindow() == 0 ? Json.NULL : config.slidingWindow());
            if (architecture.localRope()) {
                globalEvery(config).ifPresent(every -> json.put("sliding_window_pattern", every)); // before layer_types
            }
        }
        json.put("tie_word_embeddings", true);
        json.put("torch_dtype", dtype);
        if (config.embedsText()) {
            json.put("use_bidirectional_attention", true);
        }
        json.put("use_cache", true);
        json.put("vocab_size", config.vocabularySize());
        return json;
    }

    private static Map<String, Object> ropeParameters(Architecture architecture, RopeConfig rope) {
        Map<String, Object> global = new LinkedHashMap<>();
        if (rope.factor() != 1) {
            global.put("factor", decimal(rope.factor()));
        }
        global.put("rope_theta", decimal(rope.theta()));
        global.put("rope_type", rope.factor() == 1 ? "default" : "linear");
        if (!architecture.localRope()) {
            return global;
        }
        Map<String, Object> local = new LinkedHashMap<>();
        local.put("rope_theta", decimal(rope.localTheta()));
        local.put("rope_type", "default");
        Map<String, Object> both = new LinkedHashMap<>();
        both.put("full_attention", global);
        both.put("sliding_attention", local);
        return both;
    }

    /** n, if every n-th layer is global and no other: all that older readers can be told. */
    private static OptionalInt globalEvery(GemmaConfig config) {
        List<LayerConfig> layers = config.layers();
        int every = 1;
        while (every <= layers.size() && !layers.get(every - 1).global()) {
            every++;
        }
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i).global() != ((i + 1) % every == 0)) {
                return OptionalInt.empty();
            }
        }
        return OptionalInt.of(every);
    }

    private static String modelClass(Architecture architecture) {
        return switch (architecture) {
            case GEMMA -> "GemmaForCausalLM";
            case GEMMA2 -> "Gemma2ForCausalLM";
            case GEMMA3 -> "Gemma3ForCausalLM";
            case GEMMA_EMBEDDING -> "Gemma3TextModel";
            case VAULTGEMMA -> "VaultGemmaForCausalLM";
        };
    }

    private static Object orNull(float cap) {
        return cap == 0 ? Json.NULL : (Object) decimal(cap);
    }

    /** The shortest decimal that rounds to this float32: 1e-6 rather than 9.99999997e-7. */
    private static double decimal(float x) {
        return Double.parseDouble(Float.toString(x));
    }

    private static Number wholeIfWhole(double value) {
        if (value == Math.rint(value)) {
            return (long) value;
        }
        return value;
    }
}
