package dev.jemma.convert;

import dev.jemma.format.GgufMetadata;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.model.Architecture;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;
import dev.jemma.model.RopeConfig;
import java.util.List;

/** Writes a model's configuration as GGUF keys; the other direction is {@link dev.jemma.model.GgufConfig}. */
final class GgufConfigWriter {
    private GgufConfigWriter() {}

    /** Puts the architecture and its keys into the head of a GGUF file. */
    static void put(GemmaConfig config, GgufMetadata.Builder builder) {
        Architecture architecture = config.architecture();
        String arch = architecture.ggufName() + ".";
        LayerConfig layer = config.layers().getFirst(); // sizes are those of all layers
        AttentionShape attention = layer.attention();
        RopeConfig rope = config.rope();
        builder.u32(arch + "context_length", config.contextLength())
                .u32(arch + "embedding_length", config.hiddenSize())
                .u32(arch + "block_count", config.layers().size())
                .u32(arch + "feed_forward_length", layer.feedForwardSize())
                .u32(arch + "attention.head_count", attention.heads())
                .u32(arch + "attention.head_count_kv", attention.kvHeads())
                .u32(arch + "attention.key_length", attention.headDim())
                .u32(arch + "attention.value_length", attention.headDim())
                .f32(arch + "attention.layer_norm_rms_epsilon", config.rmsNormEps())
                .f32(arch + "rope.freq_base", rope.theta());
        if (architecture.localRope()) {
            builder.f32(arch + "rope.freq_base_swa", rope.localTheta());
        }
        if (rope.factor() != 1) {
            builder.string(arch + "rope.scaling.type", "linear").f32(arch + "rope.scaling.factor", rope.factor());
        }
        if (architecture.windowed()) {
            builder.u32(arch + "attention.sliding_window", config.slidingWindow());
        }
        if (!followsThePattern(config.layers(), architecture.globalEvery())) {
            boolean[] local = new boolean[config.layers().size()];
            for (int i = 0; i < local.length; i++) {
                local[i] = !config.layers().get(i).global();
            }
            builder.bools(arch + "attention.sliding_window_pattern", local);
        }
        // A reader of gemma2 takes 50 and 30 where the keys are absent, so "none" must be said there.
        boolean sayNone = architecture == Architecture.GEMMA2;
        if (attention.softcap() != 0 || sayNone) {
            builder.f32(arch + "attn_logit_softcapping", attention.softcap());
        }
        if (config.finalLogitSoftcap() != 0 || sayNone) {
            builder.f32(arch + "final_logit_softcapping", config.finalLogitSoftcap());
        }
        if (config.queryScalar() != attention.headDim()) {
            builder.f32(arch + "attention.scale", attention.scale());
        }
        if (config.embedsText()) {
            builder.bool(arch + "attention.causal", false).u32(arch + "pooling_type", 1); // mean
        }
    }

    private static boolean followsThePattern(List<LayerConfig> layers, int globalEvery) {
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i).global() != ((i + 1) % globalEvery == 0)) {
                return false;
            }
        }
        return true;
    }
}
