package dev.jemma.langchain4j;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The small reference models of core's tests, which speak nonsense but are complete. */
final class TinyModels {
    private TinyModels() {}

    static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    private static Path golden(String relative) {
        return root().resolve("core/src/test/resources/golden/models").resolve(relative);
    }

    static Path chatFile() {
        return golden("gguf/gemma3-F32.gguf");
    }

    static LanguageModel chat() {
        return LanguageModel.open(chatFile(), ModelOptions.builder().threads(2).build());
    }

    /** An embedding model as it is published: with its tokenizer beside it. */
    static LanguageModel embedding() {
        try {
            Path folder = Files.createTempDirectory("embeddinggemma");
            for (String file : List.of("config.json", "model.safetensors")) {
                Files.copy(golden("embeddinggemma").resolve(file), folder.resolve(file));
            }
            Files.copy(golden("tokenizer/tokenizer.model"), folder.resolve("tokenizer.model"));
            return LanguageModel.open(folder, ModelOptions.builder().threads(2).build());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
