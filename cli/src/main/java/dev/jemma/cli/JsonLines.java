package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Files of one JSON object a line, read with errors that name file and line; {@code -} is standard input or output. */
final class JsonLines {
    /** A line that was read. */
    record Line(String source, int number, JsonNode value) {
        /** An error about this line. */
        JemmaException error(String problem) {
            return new JemmaException(source + " line " + number + ": " + problem);
        }

        /** The text field of this name. */
        String text(String field) {
            return find(field)
                    .filter(JsonNode::isString)
                    .map(JsonNode::asString)
                    .orElseThrow(() -> error("needs the text field \"" + field + "\""));
        }

        /** The field of this name, unless it is absent or null. */
        Optional<JsonNode> find(String field) {
            return Optional.ofNullable(value.get(field)).filter(node -> !node.isNull());
        }

        /** An array of token ids. */
        int[] ids(String field) {
            JsonNode array = find(field)
                    .filter(JsonNode::isArray)
                    .orElseThrow(() -> error("needs the array of token ids \"" + field + "\""));
            int[] ids = new int[array.size()];
            for (int i = 0; i < ids.length; i++) {
                JsonNode id = array.get(i);
                if (!id.isInt()) {
                    throw error("\"" + field + "\"[" + i + "] is not a token id");
                }
                ids[i] = id.asInt();
            }
            return ids;
        }
    }

    private JsonLines() {}

    static List<Line> read(Console console, String file) {
        List<Line> lines = new ArrayList<>();
        try (BufferedReader in = file.equals("-") ? console.input() : Files.newBufferedReader(Path.of(file))) {
            int number = 0;
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                number++;
                if (!text.isBlank()) {
                    lines.add(parse(file, number, text));
                }
            }
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + reason(e), e);
        }
        return lines;
    }

    private static Line parse(String file, int number, String text) {
        try {
            JsonNode node = Json.parse(text);
            if (!node.isObject()) {
                throw new JemmaException(file + " line " + number + ": not a JSON object");
            }
            return new Line(file, number, node);
        } catch (JacksonException e) {
            throw new JemmaException(file + " line " + number + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** A writer of lines to a file, or to standard output for {@code -}; flushed after every line. */
    static Writer writer(Console console, String file) {
        if (file.equals("-")) {
            return console.writer();
        }
        try {
            return new BufferedWriter(Files.newBufferedWriter(Path.of(file)));
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be written: " + reason(e), e);
        }
    }

    static void write(Writer out, Object value) {
        try {
            out.write(Json.line(value) + "\n");
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException ? "no such file" : String.valueOf(e.getMessage());
    }
}
