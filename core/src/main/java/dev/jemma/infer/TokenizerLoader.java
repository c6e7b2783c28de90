package dev.jemma.infer;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.GgufVocabulary;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the tokenizer of a model: in a GGUF's metadata, or beside the weights in a folder ({@link Tokenizer#read}). */
public final class TokenizerLoader {
    private TokenizerLoader() {}

    /**
     * @throws FormatException if there is none, or it is damaged
     */
    public static Tokenizer load(ModelFiles files) {
        return new Tokenizer(vocabulary(files));
    }

    /**
     * The tokenizer of a GGUF file, of a folder, or of a {@code tokenizer.model} or {@code tokenizer.json} by itself: no
     * weights need be there.
     *
     * @throws FormatException if there is none, or it is damaged
     */
    public static Tokenizer load(Path path) {
        if (Files.isDirectory(path) || !GgufFile.looksLike(path)) {
            return Tokenizer.read(path);
        }
        try (GgufFile file = GgufFile.open(path)) {
            return new Tokenizer(fromGguf(file));
        }
    }

    /**
     * The pieces alone, which takes less time than a tokenizer.
     *
     * @throws FormatException if there are none, or they are damaged
     */
    public static Vocabulary vocabulary(ModelFiles files) {
        return switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> fromGguf(file);
            case ModelFiles.Source.HuggingFace(HfFolder folder) -> Vocabulary.read(folder.path());
        };
    }

    /** Whether a model brings its tokenizer. */
    public static boolean isIn(ModelFiles files) {
        return switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> file.metadata().has(GgufVocabulary.PREFIX + "tokens");
            case ModelFiles.Source.HuggingFace(HfFolder folder) -> Vocabulary.isIn(folder.path());
        };
    }

    private static Vocabulary fromGguf(GgufFile file) {
        return GgufVocabulary.read(file)
                .orElseThrow(() -> new FormatException(file.description() + ": the tokenizer is missing ("
                        + GgufVocabulary.PREFIX + "tokens); convert the model anew"))
                .vocabulary(file.description());
    }
}
