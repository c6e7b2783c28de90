package dev.jemma.eval.yaml;

import dev.jemma.eval.Doc;
import dev.jemma.eval.EvalException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Text with values of a row in double braces: a name, {@code a.b}, {@code a[0]}, {@code a["b"]}, {@code choices[label]},
 * {@code [a, "b"]}, followed by any of {@code strip()}, {@code lower()}, {@code upper()}, {@code capitalize()},
 * {@code index(a)} behind a dot, or {@code trim}, {@code lower}, {@code upper}, {@code capitalize}, {@code join("…")}
 * behind a bar. A small part of Jinja; everything else is refused when the template is read. Values are written as
 * Python writes them.
 */
final class Template {
    private static final Pattern BRACES = Pattern.compile("\\{\\{(.*?)\\}\\}", Pattern.DOTALL);

    /** A piece of text, or a value. */
    private sealed interface Part {
        record Text(String text) implements Part {}

        record Value(Expression expression) implements Part {}
    }

    private final List<Part> parts;

    private Template(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /**
     * Reads a template.
     *
     * @param place of the template, for messages
     */
    static Template of(String text, String place) {
        if (text.contains("{%") || text.contains("{#")) {
            throw new EvalException(place + ": only {{field}} is understood here, not {% … %}");
        }
        List<Part> parts = new ArrayList<>();
        Matcher braces = BRACES.matcher(text);
        int from = 0;
        while (braces.find()) {
            parts.add(new Part.Text(text.substring(from, braces.start())));
            parts.add(new Part.Value(Expression.of(braces.group(1).strip(), place)));
            from = braces.end();
        }
        parts.add(new Part.Text(text.substring(from)));
        parts.removeIf(part -> part instanceof Part.Text(String plain) && plain.isEmpty());
        return new Template(parts);
    }

    /** The text for a row. */
    String render(Doc doc) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append(
                    switch (part) {
                        case Part.Text(String plain) -> plain;
                        case Part.Value(Expression expression) -> PythonValue.str(expression.value(doc));
                    });
        }
        return text.toString();
    }

    /** The value itself if the template is one pair of braces and nothing else; else its text. */
    JsonNode value(Doc doc) {
        return parts.size() == 1 && parts.getFirst() instanceof Part.Value(Expression expression)
                ? expression.value(doc)
                : JsonNodeFactory.instance.stringNode(render(doc));
    }
}
