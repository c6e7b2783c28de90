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
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What stands between the braces of a {@link Template}: a field, a quoted text, a whole number or a list of such in
 * brackets, and what is done to it.
 */
sealed interface Expression {
    /** Its value for a row. */
    JsonNode value(Doc doc);

    /** Reads an expression; everything in the text belongs to it. */
    static Expression of(String text, String place) {
        Reader reader = new Reader(text, place);
        Expression all = reader.expression(0);
        reader.space();
        if (reader.at < text.length()) {
            throw reader.unknown();
        }
        return all;
    }

    /** A field of the row. */
    record Field(String name) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            return doc.get(name);
        }
    }

    /** The same for every row. */
    record Literal(JsonNode value) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            return value;
        }
    }

    /** A list in brackets. */
    record ListOf(List<Expression> elements) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            ArrayNode list = Reader.NODES.arrayNode();
            elements.forEach(element -> list.add(element.value(doc)));
            return list;
        }
    }

    /** An element of a list by its number, or of an object by its name. */
    record At(Expression of, Expression index) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            JsonNode value = of.value(doc);
            JsonNode key = index.value(doc);
            String text = PythonValue.str(key);
            JsonNode found;
            if (value.isArray() && text.matches("-?\\d{1,9}")) {
                int number = Integer.parseInt(text);
                found = value.path(number < 0 ? value.size() + number : number);
            } else {
                found = value.path(text);
            }
            if (found.isMissingNode()) {
                throw doc.error("there is no " + text + " in a field that the task looks into");
            }
            return found;
        }
    }

    /** Where something stands in a list. */
    record IndexOf(Expression of, Expression element) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            JsonNode wanted = element.value(doc);
            int index = 0;
            for (JsonNode one : of.value(doc)) {
                if (one.equals(wanted)) {
                    return Reader.NODES.numberNode(index);
                }
                index++;
            }
            throw doc.error(PythonValue.str(wanted) + " is not in the list that the task looks for it in");
        }
    }

    /** A text after a change. */
    record Change(Expression of, String kind) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            JsonNode value = of.value(doc);
            if (!value.isValueNode()) {
                String name = of instanceof Field(String field) ? field : "what " + kind + " is asked of";
                throw doc.error("\"" + name + "\" must be text");
            }
            String text = PythonValue.str(value);
            return Reader.NODES.stringNode(
                    switch (kind) {
                        case "lower" -> text.toLowerCase(Locale.ROOT);
                        case "upper" -> text.toUpperCase(Locale.ROOT);
                        case "capitalize" -> PythonText.capitalize(text);
                        default -> PythonText.strip(text);
                    });
        }
    }

    /** The elements of a list as one text. */
    record Join(Expression of, String between) implements Expression {
        @Override
        public JsonNode value(Doc doc) {
            JsonNode value = of.value(doc);
            if (!value.isArray()) {
                throw doc.error("join needs a list, and there is " + PythonValue.str(value));
            }
            List<String> texts = new ArrayList<>();
            value.forEach(element -> texts.add(PythonValue.str(element)));
            return Reader.NODES.stringNode(String.join(between, texts));
        }
    }

    /** Reads expressions from left to right. */
    final class Reader {
        private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
        private static final int MAX_DEPTH = 20;
        private static final Pattern SPACE = Pattern.compile("\\s*");
        private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
        private static final Pattern NUMBER = Pattern.compile("-?\\d{1,9}(?![\\d.])");
        private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|'((?:[^'\\\\]|\\\\.)*)'");
        private static final Pattern METHOD = Pattern.compile("\\.\\s*(strip|lower|upper|capitalize)\\(\\s*\\)");
        private static final Pattern INDEX = Pattern.compile("\\.\\s*index\\(");
        private static final Pattern FILTER = Pattern.compile("\\|\\s*(trim|lower|upper|capitalize)\\b");
        private static final Pattern JOIN = Pattern.compile("\\|\\s*join\\(");

        private final String text;
        private final String place;
        private int at;

        private Reader(String text, String place) {
            this.text = text;
            this.place = place;
        }

        private EvalException unknown() {
            return new EvalException(
                    place + ": {{" + text + "}} is not understood; a field, a.b, a[0], a[field], [a, b],"
                            + " strip(), lower(), upper(), capitalize(), index(a) and join(\"…\") are");
        }

        private void space() {
            Matcher space = SPACE.matcher(text).region(at, text.length());
            at = space.lookingAt() ? space.end() : at;
        }

        private Optional<Matcher> next(Pattern pattern) {
            space();
            Matcher matcher = pattern.matcher(text).region(at, text.length());
            if (!matcher.lookingAt()) {
                return Optional.empty();
            }
            at = matcher.end();
            return Optional.of(matcher);
        }

        private boolean next(char c) {
            space();
            boolean there = at < text.length() && text.charAt(at) == c;
            at += there ? 1 : 0;
            return there;
        }

        private void need(char c) {
            if (!next(c)) {
                throw unknown();
            }
        }

        private Expression expression(int depth) {
            if (depth > MAX_DEPTH) {
                throw unknown();
            }
            Expression value = primary(depth);
            while (true) {
                var method = next(METHOD).or(() -> next(FILTER));
                if (method.isPresent()) {
                    value = new Change(value, method.get().group(1));
                } else if (next(INDEX).isPresent()) {
                    value = new IndexOf(value, expression(depth + 1));
                    need(')');
                } else if (next(JOIN).isPresent()) {
                    value = new Join(value, next(QUOTED).map(Reader::unquoted).orElseThrow(this::unknown));
                    need(')');
                } else if (next('[')) {
                    value = new At(value, expression(depth + 1));
                    need(']');
                } else if (next('.')) {
                    String name = next(NAME).orElseThrow(this::unknown).group();
                    value = new At(value, new Literal(NODES.stringNode(name)));
                } else {
                    return value;
                }
            }
        }

        private Expression primary(int depth) {
            if (next('[')) {
                List<Expression> elements = new ArrayList<>();
                while (!next(']')) {
                    elements.add(expression(depth + 1));
                    if (!next(',')) {
                        need(']');
                        break;
                    }
                }
                return new ListOf(elements);
            }
            return next(NAME)
                    .<Expression>map(name -> new Field(name.group()))
                    .or(() -> next(QUOTED).map(quoted -> new Literal(NODES.stringNode(unquoted(quoted)))))
                    .or(() -> next(NUMBER).map(n -> new Literal(NODES.numberNode(Integer.parseInt(n.group())))))
                    .orElseThrow(this::unknown);
        }

        /** What a quoted text says. */
        private static String unquoted(Matcher quoted) {
            String inside = Optional.ofNullable(quoted.group(1))
                    .or(() -> Optional.ofNullable(quoted.group(2)))
                    .orElse("");
            StringBuilder plain = new StringBuilder();
            int at = 0;
            while (at < inside.length()) {
                char c = inside.charAt(at);
                char next = c == '\\' ? inside.charAt(at + 1) : c;
                switch (c == '\\' ? next : ' ') {
                    case 'n' -> plain.append('\n');
                    case 't' -> plain.append('\t');
                    case 'r' -> plain.append('\r');
                    case '\\', '"', '\'', ' ' -> plain.append(next);
                    default -> plain.append(c).append(next);
                }
                at += c == '\\' ? 2 : 1;
            }
            return plain.toString();
        }
    }
}
