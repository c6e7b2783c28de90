package dev.jemma.infer;

import dev.jemma.format.FormatException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.GgufMetadata;
import dev.jemma.format.HfFolder;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.GgufVocabulary;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.TokenizerJson;
import dev.jemma.tokenizer.Vocabulary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the tokenizer of a model: in a GGUF's metadata, or {@code tokenizer.model} or {@code tokenizer.json} in a folder. */
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
        if (Files.isDirectory(path)) {
            return new Tokenizer(
                    fromFolder(path, file(path.resolve("tokenizer.model")), file(path.resolve("tokenizer.json"))));
        }
        if (GgufFile.looksLike(path)) {
            try (GgufFile file = GgufFile.open(path)) {
                return new Tokenizer(fromGguf(file));
            }
        }
        boolean json = path.toString().endsWith(".json");
        return new Tokenizer(
                json ? TokenizerJson.read(path) : SentencePieceModel.read(path).vocabulary());
    }

    private static Optional<Path> file(Path path) {
        return Optional.of(path).filter(Files::isRegularFile);
    }

    /**
     * The pieces alone, which takes less time than a tokenizer.
     *
     * @throws FormatException if there are none, or they are damaged
     */
    public static Vocabulary vocabulary(ModelFiles files) {
        return switch (files.source()) {
            case ModelFiles.Source.Gguf(GgufFile file) -> fromGguf(file);
            case ModelFiles.Source.HuggingFace(HfFolder folder) ->
                fromFolder(folder.path(), folder.tokenizerModel(), folder.tokenizerJson());
        };
    }

    private static Vocabulary fromGguf(GgufFile file) {
        GgufMetadata m = file.metadata();
        Optional<List<String>> tokens = m.strings("tokenizer.ggml.tokens");
        Optional<float[]> scores = m.floats("tokenizer.ggml.scores");
        Optional<int[]> types = m.ints("tokenizer.ggml.token_type");
        if (tokens.isEmpty() || scores.isEmpty() || types.isEmpty()) {
            throw new FormatException(
                    file.description()
                            + ": the tokenizer is missing (tokenizer.ggml.tokens, scores and token_type); convert the model anew");
        }
        return new GgufVocabulary(tokens.get(), scores.get(), types.get()).vocabulary(file.description());
    }

    private static Vocabulary fromFolder(Path folder, Optional<Path> model, Optional<Path> json) {
        if (model.isPresent()) { // the original: where the two differ, it is right
            return SentencePieceModel.read(model.get()).vocabulary();
        }
        return TokenizerJson.read(json.orElseThrow(
                () -> new FormatException(folder + " holds neither tokenizer.model nor tokenizer.json")));
    }
}
