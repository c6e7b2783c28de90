package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.Json;
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
        boolean bothWays = config.bool("use_bidirectional_attention").orElse(false);
        return switch (type) {
            case "gemma" -> Architecture.GEMMA;
            case "gemma2" -> Architecture.GEMMA2;
            case "gemma3", "gemma3_text" -> bothWays ? Architecture.GEMMA_EMBEDDING : Architecture.GEMMA3;
            case "vaultgemma" -> Architecture.VAULTGEMMA;
            default ->
                throw new FormatException(source + ": model_type is "
                        + (type.isEmpty() ? "missing" : "'" + shown(type) + "'") + "; " + Architecture.supported());
        };
    }

    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() > 60 ? line.substring(0, 60) + "…" : line;
    }

    private GemmaConfig read() {
        Architecture a = out.architecture;
        boolean gemma3 = a == Architecture.GEMMA3 || a == Architecture.GEMMA_EMBEDDING;
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
        out.causal = a != Architecture.GEMMA_EMBEDDING;
        double scalar = a == Architecture.GEMMA ? out.headDim : real("query_pre_attn_scalar", 256);
        out.attentionScale = (float) Math.pow(scalar, -0.5);
        // An explicit null means no cap; only an absent key means the class's default.
        out.attentionSoftcap = softcap("attn_logit_softcapping", a == Architecture.GEMMA2 ? 50 : 0);
        out.finalSoftcap = softcap("final_logit_softcapping", a == Architecture.GEMMA2 ? 30 : 0);
        readWindow(gemma3);
        readRope(gemma3);
        return out.build();
    }

    private void checkActivation(String name) {
        if (!name.equals("gelu_pytorch_tanh") && !name.equals("gelu")) {
            throw config.error("asks for the activation '" + shown(name) + "'; Gemma uses gelu_pytorch_tanh");
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
        if (out.architecture == Architecture.GEMMA
                || (out.architecture == Architecture.VAULTGEMMA && types.isEmpty())) {
            out.globalEvery(1);
            return;
        }
        if (types.isPresent()) {
            readLayerTypes(types.get());
        } else {
            int every = gemma3
                    ? config.integer("sliding_window_pattern").isPresent()
                            ? size("sliding_window_pattern", 6)
                            : size("_sliding_window_pattern", 6)
                    : 2; // Gemma 2 alternates, local first
            out.globalEvery(Math.min(every, layers + 1));
        }
        boolean allGlobal = true;
        for (boolean g : out.global) {
            allGlobal &= g;
        }
        if (!allGlobal) {
            out.window = size("sliding_window", 4096);
            if (!out.causal) {
                out.window = out.window / 2 + 1; // |i − j| < W/2 + 1: half of the window on either side
            }
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
        float globalTheta = gemma3 ? 1_000_000 : 10_000;
        Optional<Json> parameters = config.find("rope_parameters");
        if (parameters.isPresent() && parameters.get().has("full_attention")) {
            Json full = parameters.get().get("full_attention");
            out.theta = (float) full.real("rope_theta").orElse(globalTheta);
            out.globalRopeFactor = factor(full);
            out.localTheta = (float) parameters
                    .get()
                    .find("sliding_attention")
                    .map(s -> s.real("rope_theta").orElse(10_000))
                    .orElse(10_000.0)
                    .doubleValue();
            return;
        }
        if (parameters.isPresent()) {
            out.theta = (float) parameters.get().real("rope_theta").orElse(globalTheta);
            out.globalRopeFactor = factor(parameters.get());
        } else {
            out.theta = real("rope_theta", globalTheta);
            config.find("rope_scaling").ifPresent(scaling -> out.globalRopeFactor = factor(scaling));
        }
        out.localTheta = gemma3 ? real("rope_local_base_freq", 10_000) : out.theta;
    }

    private static float factor(Json scaling) {
        String type = scaling.string("rope_type")
                .or(() -> scaling.string("type"))
                .orElse("default")
                .toLowerCase(Locale.ROOT);
        return switch (type) {
            case "default" -> 1;
            case "linear" -> (float) scaling.get("factor").asDouble();
            default -> throw scaling.error("asks for RoPE scaling '" + shown(type) + "'; Gemma uses default or linear");
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
