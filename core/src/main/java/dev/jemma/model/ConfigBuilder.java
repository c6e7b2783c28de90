package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.kernel.AttentionShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The facts that both kinds of header give under different names, gathered and checked, then turned into a
 * {@link GemmaConfig}. Mutable and short-lived: one reader fills it.
 */
final class ConfigBuilder {
    private static final int MAX_LAYERS = 1024;
    private static final int MAX_SIZE = 1 << 20;
    private static final int MAX_CONTEXT = 1 << 24;

    final String source;
    final Architecture architecture;
    final List<String> assumed = new ArrayList<>();
    int vocabularySize;
    int hiddenSize;
    int contextLength;
    int layers;
    int feedForwardSize;
    int heads;
    int kvHeads;
    int headDim;
    float rmsNormEps = 1e-6f;
    float attentionScale;
    double queryScalar;
    float attentionSoftcap;
    float finalSoftcap;
    /** W as the file states it; 0 for none. */
    int window;

    float theta = 10_000;
    float localTheta = 10_000;
    float ropeFactor = 1;
    /** Whether each layer sees everything before it. */
    boolean[] global = new boolean[0];

    ConfigBuilder(String source, Architecture architecture) {
        this.source = source;
        this.architecture = architecture;
    }

    /** Notes a value that the file does not give. */
    <T> T assume(String name, T value) {
        assumed.add(name + " " + value + " (not in the file)");
        return value;
    }

    /** Full attention on every n-th layer, counted from 1. */
    void globalEvery(int n) {
        global = new boolean[checkedLayers()];
        for (int i = 0; i < global.length; i++) {
            global[i] = n <= 1 || (i + 1) % n == 0;
        }
    }

    boolean allGlobal() {
        for (boolean g : global) {
            if (!g) {
                return false;
            }
        }
        return true;
    }

    int checkedLayers() {
        return positive("the number of layers", layers, MAX_LAYERS);
    }

    GemmaConfig build() {
        checkedLayers();
        positive("the vocabulary", vocabularySize, Integer.MAX_VALUE);
        positive("the width", hiddenSize, MAX_SIZE);
        positive("the feed-forward width", feedForwardSize, MAX_SIZE);
        positive("the head size", headDim, 1 << 14);
        positive("the number of heads", heads, 1 << 14);
        positive("the number of key/value heads", kvHeads, heads);
        positive("the context length", contextLength, MAX_CONTEXT);
        if (heads % kvHeads != 0 || headDim % 2 != 0) {
            throw new FormatException(source + ": " + heads + " heads of " + headDim + " over " + kvHeads
                    + " key/value heads do not go together");
        }
        if (global.length != layers) {
            throw new FormatException(
                    source + ": layer types for " + global.length + " layers, but " + layers + " layers");
        }
        if (!isPositive(rmsNormEps)
                || !isPositive(attentionScale)
                || !(theta > 1 && isPositive(theta))
                || !(localTheta > 1 && isPositive(localTheta))
                || !isPositive(ropeFactor)) {
            throw new FormatException(source + ": norm epsilon " + rmsNormEps + ", attention scale " + attentionScale
                    + ", RoPE bases " + theta + " and " + localTheta + ", factor " + ropeFactor
                    + " must be positive numbers");
        }
        if (window < 0) {
            throw new FormatException(source + ": the sliding window is " + window);
        }
        boolean causal = architecture != Architecture.GEMMA_EMBEDDING;
        List<LayerConfig> configs = new ArrayList<>(layers);
        for (boolean full : global) {
            int layerWindow = full ? 0 : positive("the sliding window", window, MAX_CONTEXT);
            if (!full && !causal) {
                layerWindow = layerWindow / 2 + 1; // |i − j| < W/2 + 1: half of the window on either side
            }
            var shape =
                    new AttentionShape(heads, kvHeads, headDim, attentionScale, attentionSoftcap, layerWindow, causal);
            configs.add(new LayerConfig(
                    shape,
                    full ? theta : localTheta,
                    full || !architecture.localRope() ? ropeFactor : 1,
                    feedForwardSize));
        }
        return new GemmaConfig(
                architecture,
                vocabularySize,
                hiddenSize,
                contextLength,
                rmsNormEps,
                finalSoftcap,
                window,
                queryScalar,
                new RopeConfig(theta, localTheta, ropeFactor),
                configs,
                assumed);
    }

    private static boolean isPositive(float x) {
        return x > 0 && Float.isFinite(x);
    }

    private int positive(String what, int value, int max) {
        if (value <= 0 || value > max) {
            throw new FormatException(source + ": " + what + " is " + value + ", not from 1 to " + max);
        }
        return value;
    }
}
