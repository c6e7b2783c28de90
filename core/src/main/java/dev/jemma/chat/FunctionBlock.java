package dev.jemma.chat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A function that FunctionGemma may call, its call, or the result: {@code declaration:NAME{…}} and so on between
 * control tokens. Values are strings (set between {@code <escape>} tokens), numbers, booleans, lists and maps of these.
 * Keys are written in alphabetical order, and a declaration's types in capitals, as the model was trained.
 *
 * @param kind which of the three
 * @param name the function's name
 * @param fields description and parameters of a declaration (parameters as a JSON schema), arguments of a call, values
 *     of a response
 */
public record FunctionBlock(Kind kind, String name, Map<String, Object> fields) {
    static final String ESCAPE = "<escape>";

    /** What a block is. */
    public enum Kind {
        /** A function on offer, in the developer's message. */
        DECLARATION,
        /** The model's wish to call one. */
        CALL,
        /** What the call returned, in the tool's message. */
        RESPONSE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        String start() {
            return "<start_function_" + label() + ">";
        }

        String end() {
            return "<end_function_" + label() + ">";
        }
    }

    public FunctionBlock {
        fields = Map.copyOf(fields);
    }

    /** All control tokens that enclose blocks and strings. */
    static Stream<String> controls() {
        return Stream.concat(
                Stream.of(ESCAPE), Arrays.stream(Kind.values()).flatMap(kind -> Stream.of(kind.start(), kind.end())));
    }

    void appendTo(Prompt prompt) {
        prompt.control(kind.start()).text(kind.label() + ":" + name);
        append(fields, "", prompt);
        prompt.control(kind.end());
    }

    private void append(Object value, String key, Prompt prompt) {
        switch (value) {
            case String text -> {
                boolean type = kind == Kind.DECLARATION && key.equals("type");
                prompt.control(ESCAPE)
                        .text(type ? text.toUpperCase(Locale.ROOT) : text)
                        .control(ESCAPE);
            }
            case Number number -> prompt.text(number.toString());
            case Boolean bool -> prompt.text(bool.toString());
            case List<?> list -> {
                String before = "[";
                for (Object item : list) {
                    prompt.text(before);
                    append(item, "", prompt);
                    before = ",";
                }
                prompt.text(list.isEmpty() ? "[]" : "]");
            }
            case Map<?, ?> map -> {
                Map<String, Object> sorted = new TreeMap<>();
                map.forEach((k, v) -> sorted.put(k.toString(), v));
                String before = "{";
                for (Map.Entry<String, Object> entry : sorted.entrySet()) {
                    prompt.text(before + entry.getKey() + ":");
                    append(entry.getValue(), entry.getKey(), prompt);
                    before = ",";
                }
                prompt.text(sorted.isEmpty() ? "{}" : "}");
            }
            default ->
                throw new ChatException("function " + name + ": a value of " + value.getClass()
                        + "; possible are strings, numbers, booleans, lists and maps");
        }
    }
}
