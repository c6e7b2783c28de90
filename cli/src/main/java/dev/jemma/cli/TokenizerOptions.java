package dev.jemma.cli;

import dev.jemma.infer.TokenizerLoader;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags of commands that need a tokenizer and no weights; a picocli mixin. */
public final class TokenizerOptions {
    @Mixin
    private ModelOptions source = new ModelOptions();

    @Option(
            names = {"-m", "--model", "--tokenizer"},
            paramLabel = "MODEL",
            description = "The model whose tokenizer to use (default: the default model); also a tokenizer.model or"
                    + " tokenizer.json by itself, or a folder that holds one.")
    private String model = "";

    /** Reads the tokenizer. */
    public Tokenizer open(Console console) {
        return TokenizerLoader.load(
                alone().orElseGet(() -> source.locator(console).resolve(model)));
    }

    /** The model whose tokenizer it is; empty if the tokenizer stands by itself. */
    Optional<Path> model(Console console) {
        return alone().isPresent()
                ? Optional.empty()
                : Optional.of(source.locator(console).resolve(model));
    }

    /** A file that is a tokenizer and no model, or a folder that holds one and no model. */
    private Optional<Path> alone() {
        try {
            return Optional.of(model)
                    .filter(text -> !text.isEmpty())
                    .map(Path::of)
                    .filter(path -> isTokenizer(path)
                            || (!Files.exists(path.resolve("config.json"))
                                    && (isTokenizer(path.resolve("tokenizer.model"))
                                            || isTokenizer(path.resolve("tokenizer.json")))));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static boolean isTokenizer(Path path) {
        String name = path.toString();
        return (name.endsWith(".model") || name.endsWith(".json")) && Files.isRegularFile(path);
    }
}
