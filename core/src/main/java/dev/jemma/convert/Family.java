package dev.jemma.convert;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.Json;
import dev.jemma.format.Names;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The architectures that exist both as Hugging Face folders and as GGUF files, and what their configurations leave out. */
enum Family {
    GEMMA("gemma", "gemma", "GemmaForCausalLM", 16, 16, 8192),
    GEMMA2("gemma2", "gemma2", "Gemma2ForCausalLM", 8, 4, 8192),
    GEMMA3("gemma3", "gemma3_text", "Gemma3ForCausalLM", 8, 4, 131072),
    EMBEDDING("gemma-embedding", "gemma3_text", "Gemma3TextModel", 8, 4, 131072),
    /** No architecture of llama.cpp's: only Jemma reads such a GGUF file. */
    VAULT("vaultgemma", "vaultgemma", "VaultGemmaForCausalLM", 8, 4, 8192);

    final String gguf;
    final String modelType;
    final String modelClass;
    /** Values of the reference's configuration classes, for files that leave them out. */
    final int defaultHeads;

    final int defaultKvHeads;
    final int defaultContext;

    Family(String gguf, String modelType, String modelClass, int defaultHeads, int defaultKvHeads, int defaultContext) {
        this.gguf = gguf;
        this.modelType = modelType;
        this.modelClass = modelClass;
        this.defaultHeads = defaultHeads;
        this.defaultKvHeads = defaultKvHeads;
        this.defaultContext = defaultContext;
    }

    /** Whether local and global layers have rotary frequencies of their own. */
    boolean hasLocalTheta() {
        return this == GEMMA3 || this == EMBEDDING;
    }

    /** Whether layers look through sliding windows at all. */
    boolean hasWindow() {
        return this != GEMMA;
    }

    /** Layers from one global layer to the next where the file does not list them; 0: all are global. */
    int defaultPattern() {
        return switch (this) {
            case GEMMA -> 0;
            case GEMMA2, VAULT -> 2;
            case GEMMA3, EMBEDDING -> 6;
        };
    }

    /** Whether softcaps hold unless the configuration says otherwise. */
    boolean capsByDefault() {
        return this == GEMMA2 || this == VAULT;
    }

    /** The family of a {@code config.json}. */
    static Family of(Json config) {
        String type = config.string("model_type").orElse("");
        return switch (type) {
            case "gemma" -> GEMMA;
            case "gemma2" -> GEMMA2;
            case "gemma3" -> GEMMA3;
            case "gemma3_text" -> isEmbedding(config) ? EMBEDDING : GEMMA3;
            case "vaultgemma" -> VAULT;
            default ->
                throw config.error("is of model_type \"" + Names.shown(type) + "\"; conversion knows " + known());
        };
    }

    private static boolean isEmbedding(Json config) {
        return config.bool("use_bidirectional_attention").orElse(false)
                || config.find("architectures")
                        .map(list -> list.items().stream()
                                .filter(Json::isString)
                                .anyMatch(item -> item.asString().equals("Gemma3TextModel")))
                        .orElse(false);
    }

    /** The family of a GGUF file. */
    static Family of(GgufFile file) {
        String name = file.architecture();
        return Arrays.stream(values())
                .filter(family -> family.gguf.equals(name))
                .findFirst()
                .orElseThrow(() -> new FormatException(file.description() + " is of architecture \"" + Names.shown(name)
                        + "\"; conversion knows " + known()));
    }

    private static String known() {
        return Arrays.stream(values()).map(family -> family.gguf).collect(Collectors.joining(", "));
    }
}
