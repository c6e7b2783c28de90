package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Form;
import dev.jemma.eval.Task;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;

/** Perplexity of a text file: windows of 1024 tokens that do not overlap, {@code <bos>} in front of each. */
final class TextFile {
    private static final int WINDOW = 1024;

    private TextFile() {}

    static Task task(Path file) {
        return Task.of(
                        "text_" + file.getFileName(),
                        _ -> List.of(read(file)),
                        doc -> doc.text("text"),
                        doc -> doc.text("text"),
                        new Form.Text(doc -> doc.text("text"), WINDOW))
                .build();
    }

    private static Doc read(Path file) {
        try {
            String text = Files.readString(file);
            if (text.isEmpty()) {
                throw new EvalException(file + " is empty: there is nothing to measure");
            }
            return new Doc(
                    0, file.toString(), JsonNodeFactory.instance.objectNode().put("text", text));
        } catch (CharacterCodingException e) {
            throw new EvalException(file + " is not UTF-8 text", e);
        } catch (IOException e) {
            throw new EvalException(file + " cannot be read: no such file, or " + e.getMessage(), e);
        }
    }
}
