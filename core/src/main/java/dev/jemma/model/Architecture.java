package dev.jemma.model;

import java.util.Optional;

/**
 * The members of the family that one {@link Gemma} definition runs, and what sets their blocks apart. Everything else
 * (windows, bases, caps, sizes) is data in {@link GemmaConfig}.
 */
public enum Architecture {
    /** Gemma 1, 1.1, CodeGemma: two pre-norms, full attention. */
    GEMMA("gemma", "Gemma 1", false, false),
    /** Gemma 2, ShieldGemma: sandwich norms, alternating windows, soft caps. */
    GEMMA2("gemma2", "Gemma 2", true, false),
    /** Gemma 3 text, FunctionGemma: sandwich norms, qk-norm, five local layers to a global one. */
    GEMMA3("gemma3", "Gemma 3", true, true),
    /** EmbeddingGemma: Gemma 3 blocks that look both ways. */
    GEMMA_EMBEDDING("gemma-embedding", "EmbeddingGemma", true, true),
    /** VaultGemma: Gemma 2 without its post-norms, full attention. */
    VAULTGEMMA("vaultgemma", "VaultGemma", false, false);

    private final String ggufName;
    private final String title;
    private final boolean postNorms;
    private final boolean qkNorm;

    Architecture(String ggufName, String title, boolean postNorms, boolean qkNorm) {
        this.ggufName = ggufName;
        this.title = title;
        this.postNorms = postNorms;
        this.qkNorm = qkNorm;
    }

    /** Value of {@code general.architecture} in a GGUF file, and prefix of its keys. */
    public String ggufName() {
        return ggufName;
    }

    /** Name for people. */
    public String title() {
        return title;
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
