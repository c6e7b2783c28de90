package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.format.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * The numbers that {@code config.json} and GGUF keys both state, between the two spellings. Caps are absent where there
 * is none; {@code local} says for each layer whether it looks through the window; the attention scale is
 * {@code queryScalar}^-½.
 */
record TextConfig(
        Family family,
        int context,
        int hidden,
        int layers,
        int feedForward,
        int heads,
        int kvHeads,
        int headDim,
        double eps,
        double theta,
        double localTheta,
        double ropeFactor,
        int window,
        List<Boolean> local,
        OptionalDouble attentionCap,
        OptionalDouble finalCap,
        double queryScalar) {
    private static final int MAX_LAYERS = 10_000;
    private static final double DEFAULT_EPS = 1e-6;
    private static final double LOCAL_THETA = 1e4;
    private static final double ATTENTION_CAP = 50;
    private static final double FINAL_CAP = 30;
    private static final int DEFAULT_WINDOW = 4096;
    private static final int DEFAULT_HEAD_DIM = 256;

    TextConfig {
        local = List.copyOf(local);
    }

    // --- config.json ---

    static TextConfig ofHf(Json config) {
        Json text = config.find("text_config").orElse(config);
        Family family = Family.of(text.has("model_type") ? text : config);
        int layers = positive(text, "num_hidden_layers", 0);
        if (layers > MAX_LAYERS) {
            throw text.error("has " + layers + " layers");
        }
        int headDim = positive(text, "head_dim", DEFAULT_HEAD_DIM);
        double defaultTheta = family.hasLocalTheta() ? 1e6 : 1e4;
        Rope global = Rope.of(text, "full_attention", "rope_theta", defaultTheta);
        Rope localRope = Rope.of(text, "sliding_attention", "rope_local_base_freq", LOCAL_THETA);
        return new TextConfig(
                family,
                positive(text, "max_position_embeddings", family.defaultContext),
                positive(text, "hidden_size", 0),
                layers,
                positive(text, "intermediate_size", 0),
                positive(text, "num_attention_heads", family.defaultHeads),
                positive(text, "num_key_value_heads", family.defaultKvHeads),
                headDim,
                text.real("rms_norm_eps").orElse(DEFAULT_EPS),
                global.theta(),
                family.hasLocalTheta() ? localRope.theta() : global.theta(),
                global.factor(),
                family.hasWindow() ? positive(text, "sliding_window", DEFAULT_WINDOW) : 0,
                localLayers(text, family, layers),
                cap(text, family, "attn_logit_softcapping", ATTENTION_CAP),
                cap(text, family, "final_logit_softcapping", FINAL_CAP),
                family == Family.GEMMA
                        ? headDim
                        : text.real("query_pre_attn_scalar").orElse(DEFAULT_HEAD_DIM));
    }

    /** A number that is above 0; {@code absent} if it is left out, where 0 means that it must not be. */
    private static int positive(Json text, String key, int absent) {
        Optional<Json> value = text.find(key);
        if (value.isEmpty() && absent > 0) {
            return absent;
        }
        int n = text.get(key).asInt();
        if (n <= 0) {
            throw text.get(key).error("should be above 0, not " + n);
        }
        return n;
    }

    /** Rotary frequencies of one kind of layer, in the new spelling (rope_parameters) or the old. */
    private record Rope(double theta, double factor) {
        static Rope of(Json text, String kind, String oldKey, double defaultTheta) {
            Json parameters = text.find("rope_parameters").orElse(text);
            Json own = parameters.find(kind).orElse(parameters);
            boolean isNew = text.has("rope_parameters");
            double theta = own.real(isNew ? "rope_theta" : oldKey).orElse(defaultTheta);
            Json scaling = isNew ? own : text.find("rope_scaling").orElse(text);
            String type =
                    scaling.string("rope_type").or(() -> scaling.string("type")).orElse("default");
            return switch (type) {
                case "default" -> new Rope(theta, 1);
                case "linear" -> new Rope(theta, scaling.get("factor").asDouble());
                default -> throw scaling.error("scales rotary positions by \"" + type + "\"; only linear is supported");
            };
        }
    }

    private static List<Boolean> localLayers(Json text, Family family, int layers) {
        if (family.hasWindow() && text.has("layer_types")) {
            List<Boolean> local = text.get("layer_types").items().stream()
                    .map(type -> type.asString().equals("sliding_attention"))
                    .toList();
            if (local.size() != layers) {
                throw text.error("lists " + local.size() + " layer_types for " + layers + " layers");
            }
            return local;
        }
        long pattern = text.integer("sliding_window_pattern").isPresent()
                ? text.integer("sliding_window_pattern").getAsLong()
                : text.integer("_sliding_window_pattern").orElse(family.defaultPattern());
        return byPattern(family.hasWindow() ? pattern : 0, layers);
    }

    /** Every {@code pattern}-th layer is global; 0 or 1: all are. */
    private static List<Boolean> byPattern(long pattern, int layers) {
        return IntStream.range(0, layers)
                .mapToObj(i -> pattern > 1 && (i + 1) % pattern != 0)
                .toList();
    }

    private static OptionalDouble cap(Json text, Family family, String key, double byDefault) {
        if (!text.keys().contains(key)) {
            return family.capsByDefault() ? OptionalDouble.of(byDefault) : OptionalDouble.empty();
        }
        return text.real(key);
    }

    /** The fields of a {@code config.json} in the spelling that old and new readers know. */
    Map<String, Object> toHf(long vocabulary, String dtype, int bosId, int eosId, int paddingId) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("architectures", List.of(family.modelClass));
        json.put("attention_bias", false);
        json.put("attention_dropout", 0.0);
        if (family != Family.GEMMA) {
            json.put("attn_logit_softcapping", orNull(attentionCap));
        }
        json.put("bos_token_id", bosId);
        json.put("eos_token_id", eosId);
        if (family != Family.GEMMA) {
            json.put("final_logit_softcapping", orNull(finalCap));
        }
        json.put("head_dim", headDim);
        json.put(family == Family.GEMMA ? "hidden_act" : "hidden_activation", "gelu_pytorch_tanh");
        json.put("hidden_size", hidden);
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", feedForward);
        if (family.hasWindow()) {
            json.put(
                    "layer_types",
                    local.stream()
                            .map(isLocal -> isLocal ? "sliding_attention" : "full_attention")
                            .toList());
        }
        json.put("max_position_embeddings", context);
        json.put("model_type", family.modelType);
        json.put("num_attention_heads", heads);
        json.put("num_hidden_layers", layers);
        json.put("num_key_value_heads", kvHeads);
        json.put("pad_token_id", paddingId);
        if (family != Family.GEMMA) {
            json.put("query_pre_attn_scalar", wholeIfWhole(queryScalar));
        }
        json.put("rms_norm_eps", eps);
        if (family.hasLocalTheta()) {
            json.put("rope_local_base_freq", localTheta);
            json.put("rope_scaling", ropeFactor == 1 ? Json.NULL : Map.of("factor", ropeFactor, "rope_type", "linear"));
        }
        json.put("rope_theta", theta);
        if (family.hasWindow()) {
            json.put("sliding_window", window);
        }
        json.put("tie_word_embeddings", true);
        json.put("torch_dtype", dtype);
        if (family == Family.EMBEDDING) {
            json.put("use_bidirectional_attention", true);
        }
        json.put("use_cache", true);
        json.put("vocab_size", vocabulary);
        return json;
    }

    private static Object orNull(OptionalDouble value) {
        return value.isPresent() ? (Object) value.getAsDouble() : Json.NULL;
    }

    private static Number wholeIfWhole(double value) {
        if (value == Math.rint(value)) {
            return (long) value;
        }
        return value;
    }

    // --- GGUF keys ---

    static TextConfig ofGguf(GgufFile file) {
        Family family = Family.of(file);
        Keys keys = new Keys(file, family.gguf + ".");
        int layers = keys.required("block_count");
        if (layers < 1 || layers > MAX_LAYERS) {
            throw new FormatException(file.description() + " has " + layers + " layers");
        }
        int hidden = keys.required("embedding_length");
        int heads = keys.required("attention.head_count");
        int headDim = keys.optional("attention.key_length", Math.max(1, hidden / Math.max(1, heads)));
        double theta = keys.real("rope.freq_base", family.hasLocalTheta() ? 1e6 : 1e4);
        double factor = keys.real("rope.scaling.factor", 1);
        String prefix = family.gguf + ".";
        return new TextConfig(
                family,
                keys.required("context_length"),
                hidden,
                layers,
                keys.required("feed_forward_length"),
                heads,
                keys.optional("attention.head_count_kv", heads),
                headDim,
                keys.real("attention.layer_norm_rms_epsilon", DEFAULT_EPS),
                theta,
                family.hasLocalTheta() ? keys.real("rope.freq_base_swa", LOCAL_THETA) : theta,
                factor > 0 ? factor : 1,
                family.hasWindow() ? keys.optional("attention.sliding_window", DEFAULT_WINDOW) : 0,
                localLayers(file.metadata(), prefix + "attention.sliding_window_pattern", family, layers),
                keys.cap("attn_logit_softcapping", family == Family.GEMMA2 ? ATTENTION_CAP : 0),
                keys.cap("final_logit_softcapping", family == Family.GEMMA2 ? FINAL_CAP : 0),
                queryScalar(keys.real("attention.scale", 0), family, hidden, layers, heads, headDim));
    }

    private record Keys(GgufFile file, String prefix) {
        int required(String key) {
            return file.metadata()
                    .ints(prefix + key)
                    .filter(values -> values.length > 0 && values[0] > 0)
                    .map(values -> values[0])
                    .orElseThrow(() -> new FormatException(
                            file.description() + ": key " + prefix + key + " is missing or not positive"));
        }

        int optional(String key, int absent) {
            return file.metadata().has(prefix + key) ? required(key) : absent;
        }

        /** A float32, read as the shortest decimal that rounds to it: 1e-6 rather than 9.99999997e-7. */
        double real(String key, double absent) {
            OptionalDouble value = file.metadata().real(prefix + key);
            return value.isPresent() ? Double.parseDouble(Float.toString((float) value.getAsDouble())) : absent;
        }

        OptionalDouble cap(String key, double absent) {
            double cap = real(key, absent);
            return cap > 0 ? OptionalDouble.of(cap) : OptionalDouble.empty();
        }
    }

    private static List<Boolean> localLayers(GgufMetadata metadata, String key, Family family, int layers) {
        if (!family.hasWindow() || !metadata.has(key)) {
            return byPattern(family.defaultPattern(), layers);
        }
        if (!metadata.isArray(key)) {
            return byPattern(metadata.integer(key).orElse(0), layers);
        }
        List<Boolean> local = new ArrayList<>();
        for (boolean isLocal : metadata.bools(key).orElseThrow()) {
            local.add(isLocal);
        }
        if (local.size() != layers) {
            throw new FormatException("key " + key + " lists " + local.size() + " layers of " + layers);
        }
        return local;
    }

    /** From the scale, if it is stated; else the rule of the 27B models, which no older file states, else the head size. */
    private static double queryScalar(double scale, Family family, int hidden, int layers, int heads, int headDim) {
        if (scale > 0) {
            double scalar = 1 / (scale * scale);
            double whole = Math.rint(scalar);
            return Math.abs(scalar - whole) < 1e-5 * scalar ? whole : scalar;
        }
        boolean is27b = (family == Family.GEMMA2 && layers == 46) || (family == Family.GEMMA3 && layers == 62);
        return is27b ? (double) hidden / heads : headDim;
    }

    /** Puts the keys of the architecture into the head of a GGUF file. */
    void putInto(GgufMetadata.Builder builder) {
        String arch = family.gguf + ".";
        builder.u32(arch + "context_length", context)
                .u32(arch + "embedding_length", hidden)
                .u32(arch + "block_count", layers)
                .u32(arch + "feed_forward_length", feedForward)
                .u32(arch + "attention.head_count", heads)
                .u32(arch + "attention.head_count_kv", kvHeads)
                .u32(arch + "attention.key_length", headDim)
                .u32(arch + "attention.value_length", headDim)
                .f32(arch + "attention.layer_norm_rms_epsilon", eps)
                .f32(arch + "rope.freq_base", theta);
        if (family.hasLocalTheta()) {
            builder.f32(arch + "rope.freq_base_swa", localTheta);
        }
        if (ropeFactor != 1) {
            builder.string(arch + "rope.scaling.type", "linear").f32(arch + "rope.scaling.factor", ropeFactor);
        }
        if (family.hasWindow()) {
            builder.u32(arch + "attention.sliding_window", window);
        }
        if (!local.equals(byPattern(family.defaultPattern(), layers))) {
            boolean[] pattern = new boolean[layers];
            for (int i = 0; i < layers; i++) {
                pattern[i] = local.get(i);
            }
            builder.bools(arch + "attention.sliding_window_pattern", pattern);
        }
        // A reader of gemma2 takes 50 and 30 where the keys are absent, so "none" must be said there.
        boolean sayNone = family == Family.GEMMA2;
        if (attentionCap.isPresent() || sayNone) {
            builder.f32(arch + "attn_logit_softcapping", attentionCap.orElse(0));
        }
        if (finalCap.isPresent() || sayNone) {
            builder.f32(arch + "final_logit_softcapping", finalCap.orElse(0));
        }
        if (queryScalar != headDim) {
            builder.f32(arch + "attention.scale", 1 / Math.sqrt(queryScalar));
        }
        if (family == Family.EMBEDDING) {
            builder.bool(arch + "attention.causal", false).u32(arch + "pooling_type", 1); // mean
        }
    }
}
