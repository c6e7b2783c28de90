package dev.jemma.eval.yaml;

import dev.jemma.eval.Doc;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Text with fields of a row in double braces: a name, {@code a.b}, {@code a[0]}, {@code a["b"]}, {@code choices[label]}, followed
 * by any of {@code strip()}, {@code lower()}, {@code upper()}, {@code capitalize()} behind a dot, or {@code trim},
 * {@code lower}, {@code upper}, {@code capitalize}, {@code join("…")} behind a bar. A small part of Jinja; everything
 * else is refused when the template is read.
 */
final class Template {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final Pattern BRACES = Pattern.compile("\\{\\{(.*?)\\}\\}", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern METHOD = Pattern.compile("\\.(strip|lower|upper|capitalize)\\(\\)");
    private static final Pattern FILTER = Pattern.compile(
            "\\s*\\|\\s*(?:(trim|lower|upper|capitalize)|join\\(\\s*(?:\"([^\"]*)\"|'([^']*)')\\s*\\))");
    private static final Pattern INDEX =
            Pattern.compile("\\[\\s*(?:(-?\\d+)|\"([^\"]*)\"|'([^']*)'|(" + NAME.pattern() + "))\\s*\\]");

    /** A piece of text, or a field and what is done to it. */
    private sealed interface Part {
        record Text(String text) implements Part {}

        record Field(String name, List<Step> steps) implements Part {}
    }

    /** What is done to a value. */
    private sealed interface Step {
        record Member(String name) implements Step {}

        record At(int index) implements Step {}

        record AtField(String field) implements Step {}

        record Change(String kind) implements Step {}

        record Join(String between) implements Step {}
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
            parts.add(field(group(braces, 1).orElse("").strip(), place));
            from = braces.end();
        }
        parts.add(new Part.Text(text.substring(from)));
        parts.removeIf(part -> part instanceof Part.Text(String plain) && plain.isEmpty());
        return new Template(parts);
    }

    private static Part.Field field(String expression, String place) {
        Matcher name = NAME.matcher(expression);
        if (!name.lookingAt()) {
            throw unknown(expression, place);
        }
        List<Step> steps = new ArrayList<>();
        int at = name.end();
        while (at < expression.length()) {
            Matcher method = METHOD.matcher(expression).region(at, expression.length());
            Matcher filter = FILTER.matcher(expression).region(at, expression.length());
            Matcher index = INDEX.matcher(expression).region(at, expression.length());
            Matcher member =
                    NAME.matcher(expression).region(Math.min(at + 1, expression.length()), expression.length());
            if (method.lookingAt()) {
                steps.add(new Step.Change(method.group(1)));
                at = method.end();
            } else if (filter.lookingAt()) {
                steps.add(group(filter, 1)
                        .<Step>map(Step.Change::new)
                        .orElseGet(() -> new Step.Join(
                                group(filter, 2).or(() -> group(filter, 3)).orElse(""))));
                at = filter.end();
            } else if (index.lookingAt()) {
                steps.add(step(index, expression, place));
                at = index.end();
            } else if (expression.charAt(at) == '.' && member.lookingAt()) {
                steps.add(new Step.Member(member.group()));
                at = member.end();
            } else {
                throw unknown(expression, place);
            }
        }
        return new Part.Field(name.group(), steps);
    }

    private static Optional<String> group(Matcher matcher, int number) {
        return Optional.ofNullable(matcher.group(number));
    }

    private static Step step(Matcher index, String expression, String place) {
        Optional<String> number = group(index, 1);
        if (number.isPresent()) {
            try {
                return new Step.At(Integer.parseInt(number.get()));
            } catch (NumberFormatException e) {
                throw unknown(expression, place);
            }
        }
        return group(index, 4)
                .<Step>map(Step.AtField::new)
                .orElseGet(() -> new Step.Member(
                        group(index, 2).or(() -> group(index, 3)).orElse("")));
    }

    private static EvalException unknown(String expression, String place) {
        return new EvalException(place + ": {{" + expression + "}} is not understood; a field, a.b, a[0], a[field],"
                + " strip(), lower(), upper(), capitalize() and join(\"…\") are");
    }

    /** The text for a row. */
    String render(Doc doc) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Text(String plain) -> text.append(plain);
                case Part.Field field -> {
                    JsonNode value = value(doc, field);
                    text.append(value.isValueNode() ? value.asString() : value.toString());
                }
            }
        }
        return text.toString();
    }

    /** The value itself if the template is one field and nothing else; else its text. */
    JsonNode value(Doc doc) {
        return parts.size() == 1 && parts.getFirst() instanceof Part.Field field
                ? value(doc, field)
                : NODES.stringNode(render(doc));
    }

    private static JsonNode value(Doc doc, Part.Field field) {
        JsonNode value = doc.get(field.name);
        for (Step step : field.steps) {
            value = switch (step) {
                case Step.Member(String name) -> value.path(name);
                case Step.At(int index) -> value.path(index < 0 ? value.size() + index : index);
                case Step.AtField(String other) ->
                    value.isArray() ? value.path(doc.integer(other)) : value.path(doc.text(other));
                case Step.Change(String kind) -> NODES.stringNode(changed(doc.text(field.name, value), kind));
                case Step.Join(String between) -> NODES.stringNode(String.join(between, doc.texts(field.name, value)));
            };
            if (value.isMissingNode()) {
                throw doc.error("\"" + field.name + "\" lacks what the task asks of it: " + step);
            }
        }
        return value;
    }

    private static String changed(String text, String kind) {
        return switch (kind) {
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "capitalize" -> PythonText.capitalize(text);
            default -> PythonText.strip(text);
        };
    }
}
