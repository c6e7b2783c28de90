package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
import dev.jemma.format.Names;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads a Hugging Face {@code config.json}, in the old spelling ({@code rope_theta}, {@code rope_local_base_freq},
 * {@code sliding_window_pattern}) and in the new one ({@code rope_parameters}, {@code layer_types}). A multimodal
 * Gemma 3 gives its {@code text_config}. Absent values are those of the library's classes.
 */
public final class HfConfig {
    private final Json config;
    private final ConfigBuilder out;

    private HfConfig(Json config, ConfigBuilder out) {
        this.config = config;
        this.out = out;
    }

    /** Whether the file describes a model with a vision part, which Jemma leaves out. */
    public static boolean hasVision(Json config) {
        return config.has("text_config") && config.has("vision_config");
    }

    /**
     * @throws FormatException if the model is of a kind that Jemma does not run, or values are missing or impossible
     */
    public static GemmaConfig read(Json root) {
        String type = root.string("model_type").orElse("");
        Json config = root.find("text_config").orElse(root);
        Architecture architecture = architecture(root.source(), type, config);
        HfConfig reader = new HfConfig(config, new ConfigBuilder(root.source(), architecture));
        return reader.read();
    }

    private static Architecture architecture(String source, String type, Json config) {
        return switch (type) {
            case "gemma" -> Architecture.GEMMA;
            case "gemma2" -> Architecture.GEMMA2;
            // "gemma3" is the multimodal wrapper; embedding models are told by this one flag
            case "gemma3", "gemma3_text" ->
                config.bool("use_bidirectional_attention").orElse(false)
                        ? Architecture.GEMMA_EMBEDDING
                        : Architecture.GEMMA3;
            case "vaultgemma" -> Architecture.VAULTGEMMA;
            default ->
                throw new FormatException(source + ": model_type is "
                        + (type.isEmpty() ? "missing" : "'" + Names.shown(type) + "'") + "; "
                        + Architecture.supported());
        };
    }

    private GemmaConfig read() {
        Architecture a = out.architecture;
        boolean gemma3 = a.localRope();
        if (config.bool("attention_bias").orElse(false)) {
            throw config.error("asks for attention biases, which no Gemma has");
        }
        config.string("hidden_activation").or(() -> config.string("hidden_act")).ifPresent(this::checkActivation);
        out.vocabularySize = size("vocab_size", gemma3 ? 262_208 : 256_000);
        out.hiddenSize = size("hidden_size", gemma3 ? 2304 : a == Architecture.GEMMA ? 3072 : 2304);
        out.feedForwardSize = size("intermediate_size", a == Architecture.GEMMA ? 24_576 : 9216);
        out.layers = size("num_hidden_layers", a == Architecture.GEMMA ? 28 : 26);
        out.heads = size("num_attention_heads", a == Architecture.GEMMA ? 16 : 8);
        out.kvHeads = size("num_key_value_heads", a == Architecture.GEMMA ? 16 : 4);
        out.headDim = size("head_dim", 256);
        out.contextLength = size("max_position_embeddings", gemma3 ? 131_072 : 8192);
        out.rmsNormEps = real("rms_norm_eps", 1e-6);
        out.queryScalar = a == Architecture.GEMMA
                ? out.headDim
                : config.real("query_pre_attn_scalar").orElse(256);
        out.attentionScale = (float) Math.pow(out.queryScalar, -0.5);
        // An explicit null means no cap; only an absent key means the class's default.
        out.attentionSoftcap = softcap("attn_logit_softcapping", a == Architecture.GEMMA2 ? 50 : 0);
        out.finalSoftcap = softcap("final_logit_softcapping", a == Architecture.GEMMA2 ? 30 : 0);
        readWindow(gemma3);
        readRope(gemma3);
        return out.build();
    }

    private void checkActivation(String name) {
        if (!name.equals("gelu_pytorch_tanh") && !name.equals("gelu")) {
            throw config.error("asks for the activation '" + Names.shown(name) + "'; Gemma uses gelu_pytorch_tanh");
        }
    }

    private float softcap(String key, float otherwise) {
        if (config.keys().contains(key) && !config.has(key)) {
            return 0;
        }
        return real(key, otherwise);
    }

    private void readWindow(boolean gemma3) {
        int layers = out.checkedLayers();
        Optional<Json> types = config.find("layer_types");
        if (!out.architecture.windowed()) {
            out.globalEvery(1);
            return;
        }
        if (types.isPresent()) {
            readLayerTypes(types.get());
        } else {
            String key = config.has("sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
            int every = out.architecture.globalEvery();
            out.globalEvery(Math.min(gemma3 ? size(key, every) : every, layers + 1));
        }
        if (!out.allGlobal()) {
            out.window = size("sliding_window", 4096);
        } else {
            out.window = config.find("sliding_window").map(Json::asInt).orElse(0);
        }
    }

    private void readLayerTypes(Json types) {
        List<Json> items = types.items();
        out.global = new boolean[items.size()];
        for (int i = 0; i < items.size(); i++) {
            out.global[i] = switch (items.get(i).asString()) {
                case "full_attention" -> true;
                case "sliding_attention" -> false;
                default -> throw items.get(i).error("is neither full_attention nor sliding_attention");
            };
        }
    }

    private void readRope(boolean gemma3) {
        double globalTheta = config.real("rope_theta").orElse(gemma3 ? 1_000_000 : 10_000);
        double localTheta = config.real("rope_local_base_freq").orElse(10_000);
        Optional<Json> parameters = config.find("rope_parameters");
        Optional<Json> full = parameters.flatMap(p -> p.find("full_attention")).or(() -> parameters);
        Optional<Json> sliding = parameters.flatMap(p -> p.find("sliding_attention"));
        out.theta = theta(full, globalTheta);
        out.localTheta = gemma3 ? theta(sliding, localTheta) : out.theta;
        full.or(() -> config.find("rope_scaling")).ifPresent(scaling -> out.ropeFactor = factor(scaling));
    }

    private static float theta(Optional<Json> parameters, double otherwise) {
        return (float) parameters
                .map(p -> p.real("rope_theta").orElse(otherwise))
                .orElse(otherwise)
                .doubleValue();
    }

    private static float factor(Json scaling) {
        String type = scaling.string("rope_type")
                .or(() -> scaling.string("type"))
                .orElse("default")
                .toLowerCase(Locale.ROOT);
        return switch (type) {
            case "default" -> 1;
            case "linear" -> (float) scaling.get("factor").asDouble();
            default ->
                throw scaling.error("asks for RoPE scaling '" + Names.shown(type) + "'; Gemma uses default or linear");
        };
    }

    private int size(String key, int otherwise) {
        Optional<Json> value = config.find(key);
        if (value.isEmpty()) {
            return out.assume(key, otherwise);
        }
        return value.get().asInt();
    }

    private float real(String key, double otherwise) {
        return (float) config.real(key).orElseGet(() -> otherwise);
    }
}
