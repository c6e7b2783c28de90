package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.convert.ModelFolder;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.TokenizerJsonWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The folder of a run, and the model in it. */
final class RunPlace {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    private static final List<String> KEPT = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
            "generation_config.json",
            "special_tokens_map.json");

    private RunPlace() {}

    /** What was asked for, or a new folder with the time in its name. */
    static Path of(Optional<Path> asked, String command) {
        return asked.orElseGet(() -> Path.of(
                "runs",
                command + "-"
                        + LocalDateTime.now(java.time.ZoneId.systemDefault()).format(TIME)));
    }

    /**
     * Writes a model into an empty or new folder: weights, configuration, tokenizer.
     *
     * @param like a folder whose other files are kept, such as the chat template; a GGUF file has none
     */
    static void writeModel(Path folder, Trainee model, Optional<Path> like) {
        try {
            Files.createDirectories(folder);
            new SentencePieceModel(model.tokenizer().vocabulary()).write(folder.resolve("tokenizer.model"));
            TokenizerJsonWriter.write(
                    folder.resolve("tokenizer.json"), model.tokenizer().vocabulary());
            for (String name : KEPT) {
                Optional<Path> file = like.map(l -> l.resolve(name)).filter(Files::isRegularFile);
                if (file.isPresent()) {
                    Files.copy(file.get(), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new JemmaException("the model cannot be written to " + folder + ": " + e.getMessage(), e);
        }
        ModelFolder.write(folder, model.gemma());
    }
}
