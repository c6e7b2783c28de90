package dev.jemma.eval;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Comma-separated values as RFC 4180 has them: a line of names, quotes doubled inside quotes, line breaks inside quotes. */
final class Csv {
    private final Path file;
    private final String text;
    private int at;

    private Csv(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    static List<JsonNode> read(Path file) {
        String text = DataFolder.readText(file);
        return new Csv(file, text.startsWith("\uFEFF") ? text.substring(1) : text).rows();
    }

    private List<JsonNode> rows() {
        List<String> names = at < text.length() ? record() : List.of();
        List<JsonNode> rows = new ArrayList<>();
        while (at < text.length()) {
            List<String> values = record();
            if (values.size() == 1 && values.getFirst().isEmpty()) {
                continue; // a blank line
            }
            if (values.size() != names.size()) {
                throw new EvalException(file + " row " + (rows.size() + 1) + ": has " + values.size()
                        + " values, but the first line has " + names.size() + " names");
            }
            ObjectNode row = JsonNodeFactory.instance.objectNode();
            for (int i = 0; i < names.size(); i++) {
                row.put(names.get(i), values.get(i));
            }
            rows.add(row);
        }
        return rows;
    }

    private List<String> record() {
        List<String> values = new ArrayList<>();
        while (true) {
            values.add(value());
            if (at >= text.length()) {
                return values;
            }
            char c = text.charAt(at++);
            if (c == '\r' && at < text.length() && text.charAt(at) == '\n') {
                at++;
            }
            if (c != ',') {
                return values;
            }
        }
    }

    private String value() {
        StringBuilder value = new StringBuilder();
        if (at < text.length() && text.charAt(at) == '"') {
            at++;
            while (at < text.length()) {
                char c = text.charAt(at++);
                if (c != '"') {
                    value.append(c);
                } else if (at < text.length() && text.charAt(at) == '"') {
                    value.append('"');
                    at++;
                } else {
                    break;
                }
            }
        }
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            value.append(text.charAt(at++));
        }
        return value.toString();
    }
}
