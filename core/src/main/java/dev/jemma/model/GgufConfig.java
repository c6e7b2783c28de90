package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.format.Names;
import dev.jemma.format.TensorInfo;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Reads the configuration from a GGUF file's keys. What older converters left out is filled in as llama.cpp does and
 * noted: soft caps and window of Gemma 2, the attention scale of the two 27B models.
 */
public final class GgufConfig {
    private final GgufFile file;
    private final GgufMetadata metadata;
    private final String prefix;
    private final ConfigBuilder out;

    private GgufConfig(GgufFile file, Architecture architecture) {
        this.file = file;
        metadata = file.metadata();
        prefix = architecture.ggufName() + ".";
        out = new ConfigBuilder(file.description(), architecture);
    }

    /**
     * @throws FormatException if the model is of a kind that Jemma does not run, or values are missing or impossible
     */
    public static GemmaConfig read(GgufFile file) {
        String name = file.metadata().string("general.architecture").orElse("");
        Architecture architecture = Architecture.ofGguf(name)
                .orElseThrow(() -> new FormatException(file.description() + ": the architecture is "
                        + (name.isEmpty() ? "not named" : "'" + Names.shown(name) + "'") + hint(name) + "; "
                        + Architecture.supported()));
        return new GgufConfig(file, architecture).read();
    }

    private static String hint(String name) {
        return name.equals("clip") || name.equals("mmproj") ? " (the vision part of a model alone)" : "";
    }

    private GemmaConfig read() {
        String table = new Weight(Part.EMBEDDING, 0).ggufName();
        TensorInfo embedding = file.find(table)
                .orElseThrow(() -> new FormatException(file.description() + ": " + table + " is missing"));
        out.vocabularySize = Math.clamp(embedding.rows(), 0, Integer.MAX_VALUE);
        out.hiddenSize = required("embedding_length");
        out.layers = required("block_count");
        out.feedForwardSize = required("feed_forward_length");
        out.heads = required("attention.head_count");
        out.kvHeads = optional("attention.head_count_kv", out.heads);
        out.headDim = optional("attention.key_length", 256);
        out.contextLength = optional("context_length", 8192);
        out.rmsNormEps = (float)
                metadata.real(prefix + "attention.layer_norm_rms_epsilon").orElse(1e-6);
        if (optionalQuiet("attention.value_length", out.headDim) != out.headDim) {
            throw new FormatException(file.description() + ": keys and values of different sizes are not Gemma");
        }
        readCaps();
        readScale();
        readWindow();
        readRope();
        return out.build();
    }

    private void readCaps() {
        boolean capped = out.architecture == Architecture.GEMMA2;
        out.attentionSoftcap = cap("attn_logit_softcapping", capped ? 50 : 0);
        out.finalSoftcap = cap("final_logit_softcapping", capped ? 30 : 0);
    }

    private float cap(String key, float otherwise) {
        OptionalDouble value = metadata.real(prefix + key);
        if (value.isEmpty() && otherwise != 0) {
            return out.assume(key, otherwise);
        }
        return (float) value.orElse(otherwise);
    }

    private void readScale() {
        OptionalDouble scale = metadata.real(prefix + "attention.scale");
        if (scale.isPresent()) {
            out.attentionScale = (float) scale.getAsDouble();
            // The key holds s^-½ in float32; the scalar is a whole number in all published models.
            double scalar = 1 / (scale.getAsDouble() * scale.getAsDouble());
            double whole = Math.rint(scalar);
            out.queryScalar = Math.abs(scalar - whole) < 1e-5 * scalar ? whole : scalar;
            return;
        }
        // No key that loaders read: the two 27B models are told by their shape.
        out.queryScalar = out.headDim;
        if (out.architecture == Architecture.GEMMA2 && out.layers == 46 && out.hiddenSize == 4608) {
            out.queryScalar = out.assume("query_pre_attn_scalar of Gemma 2 27B,", 144);
        } else if (out.architecture == Architecture.GEMMA3 && out.layers == 62 && out.hiddenSize == 5376) {
            out.queryScalar = out.assume("query_pre_attn_scalar of Gemma 3 27B,", 168);
        }
        out.attentionScale = (float) Math.pow(out.queryScalar, -0.5);
    }

    private void readWindow() {
        int layers = out.checkedLayers();
        OptionalLong window = metadata.integer(prefix + "attention.sliding_window");
        if (!out.architecture.windowed() || (window.isPresent() && window.getAsLong() == 0)) {
            out.globalEvery(1);
            return;
        }
        String key = prefix + "attention.sliding_window_pattern";
        if (metadata.isArray(key)) {
            boolean[] sliding = metadata.bools(key).orElseGet(() -> new boolean[0]);
            out.global = new boolean[sliding.length];
            for (int i = 0; i < sliding.length; i++) {
                out.global[i] = !sliding[i];
            }
        } else {
            int every = optionalQuiet("attention.sliding_window_pattern", out.architecture.globalEvery());
            out.globalEvery(Math.min(every, layers + 1));
        }
        if (window.isPresent()) {
            out.window = Math.clamp(window.getAsLong(), -1, Integer.MAX_VALUE);
        } else if (!out.allGlobal()) {
            int gemma3 = out.hiddenSize >= 2560 ? 1024 : 512;
            out.window = out.assume("attention.sliding_window", out.architecture.localRope() ? gemma3 : 4096);
        }
    }

    private void readRope() {
        boolean gemma3 = out.architecture.localRope();
        out.theta = (float) metadata.real(prefix + "rope.freq_base").orElse(gemma3 ? 1_000_000 : 10_000);
        out.localTheta =
                gemma3 ? (float) metadata.real(prefix + "rope.freq_base_swa").orElse(10_000) : out.theta;
        String type = metadata.string(prefix + "rope.scaling.type").orElse("linear");
        switch (type) {
            case "none" -> {}
            case "linear" -> {
                float factor =
                        (float) metadata.real(prefix + "rope.scaling.factor").orElse(1);
                out.ropeFactor = factor == 0 ? 1 : factor; // how some files say none
            }
            default ->
                throw new FormatException(
                        file.description() + ": RoPE scaling '" + Names.shown(type) + "'; Gemma uses none or linear");
        }
    }

    private int required(String key) {
        return toInt(
                key,
                metadata.integer(prefix + key)
                        .orElseThrow(() ->
                                new FormatException(file.description() + ": the key " + prefix + key + " is missing")));
    }

    private int optional(String key, int otherwise) {
        OptionalLong value = metadata.integer(prefix + key);
        return value.isPresent() ? toInt(key, value.getAsLong()) : out.assume(key, otherwise);
    }

    private int optionalQuiet(String key, int otherwise) {
        OptionalLong value = metadata.integer(prefix + key);
        return value.isPresent() ? toInt(key, value.getAsLong()) : otherwise;
    }

    private int toInt(String key, long value) {
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw new FormatException(file.description() + ": " + prefix + key + " is " + value);
        }
        return (int) value;
    }
}
