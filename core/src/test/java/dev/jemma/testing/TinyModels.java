package dev.jemma.testing;

import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.ModelOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The small reference models of core's tests, which speak nonsense but are complete. Needs no library. */
public final class TinyModels {
    private static final List<String> EMBEDDING_FILES =
            List.of("embeddinggemma/config.json", "embeddinggemma/model.safetensors", "tokenizer/tokenizer.model");

    private TinyModels() {}

    private static Path golden(String relative) {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        return root.resolve("core/src/test/resources/golden/models").resolve(relative);
    }

    /** A GGUF file of a model that chats. */
    public static Path chatFile() {
        return golden("gguf/gemma3-F32.gguf");
    }

    /** Tokens of an answer that takes seconds, so that its early end can be told from its end. */
    public static final int ENDLESS = 1 << 14;

    /** A model that chats, on two threads, with room for an endless answer. */
    public static LanguageModel chat() {
        return LanguageModel.open(
                chatFile(),
                ModelOptions.builder().threads(2).contextLength(2 * ENDLESS).build());
    }

    /** Waits until a model is at rest, which must be before it has generated an endless answer. */
    public static void awaitEarlyEnd(LanguageModel model, long generatedBefore) throws InterruptedException {
        Waiting.until(
                () -> model.engine().stats().sequences() == 0 && model.engine().waiting() == 0);
        long tokens = model.engine().stats().generatedTokens() - generatedBefore;
        if (tokens > ENDLESS / 2) {
            throw new AssertionError("it went on for " + tokens + " tokens");
        }
    }

    /** Makes a folder with an embedding model as it is published, its tokenizer beside it. */
    public static Path embeddingFolder(Path under) {
        try {
            Path folder = Files.createDirectories(under.resolve("embeddinggemma"));
            for (String file : EMBEDDING_FILES) {
                Path from = golden(file);
                Files.copy(from, folder.resolve(from.getFileName()));
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An embedding model, on two threads; {@code folder} is an empty one for its files. */
    public static LanguageModel embedding(Path folder) {
        return LanguageModel.open(
                embeddingFolder(folder), ModelOptions.builder().threads(2).build());
    }
}
