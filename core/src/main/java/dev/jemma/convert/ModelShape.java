package dev.jemma.convert;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.HfConfig;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The sizes of the published models by name, for measuring speed without their weights. Each is a Hugging Face
 * configuration cut down to what differs within its generation; {@link HfConfig} fills in the rest.
 */
public enum ModelShape {
    /** A Gemma 3 of two layers, to try a command on. */
    TINY("gemma3_text", 256, 2, 512, 4, 1, 64, 512, 8192, 128),
    /** Gemma 1 and CodeGemma 2B. */
    GEMMA_2B("gemma", 2048, 18, 16_384, 8, 1, 256, 256_000, 8192, 0),
    /** Gemma 1 and CodeGemma 7B. */
    GEMMA_7B("gemma", 3072, 28, 24_576, 16, 16, 256, 256_000, 8192, 0),
    GEMMA2_2B("gemma2", 2304, 26, 9216, 8, 4, 256, 256_000, 8192, 4096),
    GEMMA2_9B("gemma2", 3584, 42, 14_336, 16, 8, 256, 256_000, 8192, 4096),
    GEMMA3_270M("gemma3_text", 640, 18, 2048, 4, 1, 256, 262_144, 32_768, 512),
    GEMMA3_1B("gemma3_text", 1152, 26, 6912, 4, 1, 256, 262_144, 32_768, 512),
    GEMMA3_4B("gemma3_text", 2560, 34, 10_240, 8, 4, 256, 262_208, 131_072, 1024);

    private final String modelType;
    private final int hiddenSize;
    private final int layers;
    private final int feedForwardSize;
    private final int heads;
    private final int kvHeads;
    private final int headDim;
    private final int vocabularySize;
    private final int contextLength;
    private final int window;

    ModelShape(
            String modelType,
            int hiddenSize,
            int layers,
            int feedForwardSize,
            int heads,
            int kvHeads,
            int headDim,
            int vocabularySize,
            int contextLength,
            int window) {
        this.modelType = modelType;
        this.hiddenSize = hiddenSize;
        this.layers = layers;
        this.feedForwardSize = feedForwardSize;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headDim = headDim;
        this.vocabularySize = vocabularySize;
        this.contextLength = contextLength;
        this.window = window;
    }

    /**
     * The shape of this label, in any case.
     *
     * @throws JemmaException if there is none
     */
    public static ModelShape of(String label) {
        return Arrays.stream(values())
                .filter(shape -> shape.label().equals(label.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new JemmaException(
                        "\"" + label + "\" is no shape that Jemma knows; choose one of " + String.join(" ", labels())));
    }

    /** All labels. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(ModelShape::label).collect(Collectors.toList());
    }

    /** The name that users give, such as {@code gemma3-270m}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The whole configuration. */
    public GemmaConfig config() {
        String scaling = this == GEMMA3_4B ? "{\"rope_type\": \"linear\", \"factor\": 8}" : "null";
        String json = String.format(
                Locale.ROOT,
                """
                {"model_type": "%s", "hidden_size": %d, "num_hidden_layers": %d, "intermediate_size": %d,
                 "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d, "vocab_size": %d,
                 "max_position_embeddings": %d, "query_pre_attn_scalar": %d, "rope_scaling": %s, "sliding_window": %d}
                """,
                modelType,
                hiddenSize,
                layers,
                feedForwardSize,
                heads,
                kvHeads,
                headDim,
                vocabularySize,
                contextLength,
                headDim,
                scaling,
                window);
        return HfConfig.read(Json.parse(json.getBytes(StandardCharsets.UTF_8), "the shape " + label()));
    }
}
