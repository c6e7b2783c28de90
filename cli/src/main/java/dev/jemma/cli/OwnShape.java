package dev.jemma.cli;

import dev.jemma.convert.ModelShape;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.HfConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The shape of a model to pretrain: a small Gemma 3 of a name, changed by flags, or a published shape; a picocli mixin. */
final class OwnShape {
    private static final Map<String, Sizes> NAMED = Map.of(
            "tiny", new Sizes(64, 2, 192, 2, 1, 32, 64, 2),
            "5m", new Sizes(256, 6, 768, 4, 1, 64, 128, 6),
            "10m", new Sizes(320, 8, 960, 4, 1, 64, 128, 4));

    private record Sizes(
            int width, int layers, int feedForward, int heads, int kvHeads, int headDim, int window, int globalEvery) {}

    @Option(
            names = "--shape",
            paramLabel = "NAME",
            description = "tiny, 5m (default) or 10m parameters, or a published shape such as gemma3-270m.")
    private String name = "5m";

    @Option(names = "--width", paramLabel = "N", description = "Width of the residual stream.")
    private Optional<Integer> width = Optional.empty();

    @Option(names = "--layers", paramLabel = "N", description = "Layers.")
    private Optional<Integer> layers = Optional.empty();

    @Option(names = "--feed-forward", paramLabel = "N", description = "Width of the feed-forward.")
    private Optional<Integer> feedForward = Optional.empty();

    @Option(names = "--heads", paramLabel = "N", description = "Heads of queries.")
    private Optional<Integer> heads = Optional.empty();

    @Option(names = "--kv-heads", paramLabel = "N", description = "Heads of keys and values.")
    private Optional<Integer> kvHeads = Optional.empty();

    @Option(names = "--head-dim", paramLabel = "N", description = "Width of a head.")
    private Optional<Integer> headDim = Optional.empty();

    @Option(names = "--window", paramLabel = "N", description = "Tokens that local layers see.")
    private Optional<Integer> window = Optional.empty();

    @Option(names = "--global-every", paramLabel = "N", description = "Every Nth layer sees everything before it.")
    private Optional<Integer> globalEvery = Optional.empty();

    @Option(names = "--context", paramLabel = "N", description = "Positions that the model is for (default: 2048).")
    private int context = 2048;

    /**
     * The configuration with as many rows of the embedding as the vocabulary has.
     *
     * @throws dev.jemma.JemmaException if sizes do not go together
     */
    GemmaConfig config(int vocabulary) {
        Sizes base = NAMED.get(name.toLowerCase(Locale.ROOT));
        if (base == null) {
            return published(vocabulary);
        }
        int every = positive("--global-every", globalEvery.orElse(base.globalEvery()));
        int depth = positive("--layers", layers.orElse(base.layers()));
        List<String> types = new ArrayList<>();
        for (int i = 1; i <= depth; i++) {
            types.add(i % every == 0 ? "full_attention" : "sliding_attention");
        }
        int head = positive("--head-dim", headDim.orElse(base.headDim()));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("model_type", "gemma3_text");
        json.put("hidden_size", positive("--width", width.orElse(base.width())));
        json.put("num_hidden_layers", depth);
        json.put("intermediate_size", positive("--feed-forward", feedForward.orElse(base.feedForward())));
        json.put("num_attention_heads", positive("--heads", heads.orElse(base.heads())));
        json.put("num_key_value_heads", positive("--kv-heads", kvHeads.orElse(base.kvHeads())));
        json.put("head_dim", head);
        json.put("vocab_size", vocabulary);
        json.put("max_position_embeddings", positive("--context", context));
        json.put("query_pre_attn_scalar", head);
        json.put("sliding_window", positive("--window", window.orElse(base.window())));
        json.put("layer_types", types);
        return HfConfig.read(Json.parse(JsonText.compact(json), "the shape " + name));
    }

    private GemmaConfig published(int vocabulary) {
        boolean changed = List.of(width, layers, feedForward, heads, kvHeads, headDim, window, globalEvery).stream()
                .anyMatch(Optional::isPresent);
        if (changed) {
            throw new MisuseException("a published shape cannot be changed; begin with --shape tiny, 5m or 10m");
        }
        GemmaConfig c = ModelShape.of(name).config();
        return new GemmaConfig(
                c.architecture(),
                vocabulary,
                c.hiddenSize(),
                c.contextLength(),
                c.rmsNormEps(),
                c.finalLogitSoftcap(),
                c.slidingWindow(),
                c.queryScalar(),
                c.rope(),
                c.layers(),
                c.assumed());
    }

    private static int positive(String flag, int value) {
        if (value < 1) {
            throw new MisuseException(flag + " is at least 1, not " + value);
        }
        return value;
    }
}
