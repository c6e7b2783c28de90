package dev.jemma.model;

import java.util.Optional;

/**
 * The members of the family that one {@link Gemma} definition runs, and what sets their blocks apart. Everything else
 * (windows, bases, caps, sizes) is data in {@link GemmaConfig}.
 */
public enum Architecture {
    /** Gemma 1, 1.1, CodeGemma: two pre-norms, full attention. */
    GEMMA("gemma", "gemma", "Gemma 1", 1, false, false),
    /** Gemma 2, ShieldGemma: sandwich norms, alternating windows, soft caps. */
    GEMMA2("gemma2", "gemma2", "Gemma 2", 2, true, false),
    /** Gemma 3 text, FunctionGemma: sandwich norms, qk-norm, five local layers to a global one. */
    GEMMA3("gemma3", "gemma3_text", "Gemma 3", 6, true, true),
    /** EmbeddingGemma: Gemma 3 blocks that look both ways. */
    GEMMA_EMBEDDING("gemma-embedding", "gemma3_text", "EmbeddingGemma", 6, true, true),
    /** VaultGemma: Gemma 2 without its post-norms, full attention. Only Jemma reads it from GGUF. */
    VAULTGEMMA("vaultgemma", "vaultgemma", "VaultGemma", 1, false, false);

    private final String ggufName;
    private final String modelType;
    private final String title;
    private final int globalEvery;
    private final boolean postNorms;
    private final boolean qkNorm;

    Architecture(String ggufName, String modelType, String title, int globalEvery, boolean postNorms, boolean qkNorm) {
        this.ggufName = ggufName;
        this.modelType = modelType;
        this.title = title;
        this.globalEvery = globalEvery;
        this.postNorms = postNorms;
        this.qkNorm = qkNorm;
    }

    /** Value of {@code general.architecture} in a GGUF file, and prefix of its keys. */
    public String ggufName() {
        return ggufName;
    }

    /** Value of {@code model_type} in the {@code config.json} of a text model. */
    public String modelType() {
        return modelType;
    }

    /** Name for people. */
    public String title() {
        return title;
    }

    /** Layers from one global layer to the next where a file does not say; 1 if all are global. */
    public int globalEvery() {
        return globalEvery;
    }

    /** Whether layers may look through sliding windows, and files state one. */
    public boolean windowed() {
        return this != GEMMA;
    }

    /** Whether local layers turn by a base of their own and without position scaling. */
    public boolean localRope() {
        return this == GEMMA3 || this == GEMMA_EMBEDDING;
    }

    /** Whether the outputs of attention and feed-forward are normed too (sandwich). */
    public boolean postNorms() {
        return postNorms;
    }

    /** Whether queries and keys are normed over the head. */
    public boolean qkNorm() {
        return qkNorm;
    }

    static Optional<Architecture> ofGguf(String name) {
        for (Architecture a : values()) {
            if (a.ggufName.equals(name)) {
                return Optional.of(a);
            }
        }
        return Optional.empty();
    }

    /** One line for messages: what can be loaded. */
    public static String supported() {
        return "Jemma runs the text models Gemma 1, 1.1, CodeGemma, Gemma 2, ShieldGemma, Gemma 3, FunctionGemma,"
                + " VaultGemma and EmbeddingGemma";
    }
}
