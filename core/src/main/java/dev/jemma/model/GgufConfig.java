package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
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
                        + (name.isEmpty() ? "not named" : "'" + shown(name) + "'") + hint(name) + "; "
                        + Architecture.supported()));
        return new GgufConfig(file, architecture).read();
    }

    private static String hint(String name) {
        return name.equals("clip") || name.equals("mmproj") ? " (the vision part of a model alone)" : "";
    }

    private static String shown(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() > 60 ? line.substring(0, 60) + "…" : line;
    }

    private GemmaConfig read() {
        boolean gemma3 = out.architecture == Architecture.GEMMA3 || out.architecture == Architecture.GEMMA_EMBEDDING;
        TensorInfo embedding = file.find("token_embd.weight")
                .orElseThrow(() -> new FormatException(file.description() + ": token_embd.weight is missing"));
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
        out.causal = out.architecture != Architecture.GEMMA_EMBEDDING;
        readCaps();
        readScale();
        readWindow(gemma3);
        readRope(gemma3);
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
            return;
        }
        // No key that loaders read: the two 27B models are told by their shape.
        int scalar = out.headDim;
        if (out.architecture == Architecture.GEMMA2 && out.layers == 46 && out.hiddenSize == 4608) {
            scalar = out.assume("query_pre_attn_scalar of Gemma 2 27B,", 144);
        } else if (out.architecture == Architecture.GEMMA3 && out.layers == 62 && out.hiddenSize == 5376) {
            scalar = out.assume("query_pre_attn_scalar of Gemma 3 27B,", 168);
        }
        out.attentionScale = (float) Math.pow(scalar, -0.5);
    }

    private void readWindow(boolean gemma3) {
        int layers = out.checkedLayers();
        boolean windowed = gemma3 || out.architecture == Architecture.GEMMA2;
        OptionalLong window = metadata.integer(prefix + "attention.sliding_window");
        if (!windowed || (window.isPresent() && window.getAsLong() == 0)) {
            out.globalEvery(1);
            return;
        }
        if (window.isEmpty()) {
            int otherwise = gemma3 ? out.hiddenSize >= 2560 ? 1024 : 512 : 4096;
            out.window = out.assume("attention.sliding_window", otherwise);
        } else {
            out.window = Math.clamp(window.getAsLong(), -1, Integer.MAX_VALUE);
        }
        if (!out.causal) {
            out.window = out.window / 2 + 1; // |i − j| < W/2 + 1: half of the window on either side
        }
        String key = prefix + "attention.sliding_window_pattern";
        if (metadata.isArray(key)) {
            boolean[] sliding = metadata.bools(key).orElseGet(() -> new boolean[0]);
            out.global = new boolean[sliding.length];
            for (int i = 0; i < sliding.length; i++) {
                out.global[i] = !sliding[i];
            }
            return;
        }
        int every = optionalQuiet("attention.sliding_window_pattern", gemma3 ? 6 : 2);
        out.globalEvery(Math.min(every, layers + 1));
    }

    private void readRope(boolean gemma3) {
        out.theta = (float) metadata.real(prefix + "rope.freq_base").orElse(gemma3 ? 1_000_000 : 10_000);
        out.localTheta =
                (float) metadata.real(prefix + "rope.freq_base_swa").orElse(gemma3 ? 10_000 : (double) out.theta);
        String type = metadata.string(prefix + "rope.scaling.type").orElse("none");
        switch (type) {
            case "none" -> {}
            case "linear" ->
                out.globalRopeFactor =
                        (float) metadata.real(prefix + "rope.scaling.factor").orElse(1);
            default ->
                throw new FormatException(
                        file.description() + ": RoPE scaling '" + shown(type) + "'; Gemma uses none or linear");
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
