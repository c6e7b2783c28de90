package dev.jemma.train;

import dev.jemma.format.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Plain values (Map, List, String, Number, Boolean) as YAML; strings that could be taken for anything else are quoted. */
final class YamlText {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_/.-]*");
    private static final Pattern WORD = Pattern.compile("(?i)true|false|yes|no|on|off|null|y|n");

    private YamlText() {}

    static String of(Map<String, Object> values) {
        StringBuilder text = new StringBuilder();
        map(values, "", text);
        return text.toString();
    }

    private static void map(Map<?, ?> values, String indent, StringBuilder text) {
        values.forEach((key, value) -> {
            text.append(indent).append(scalar(String.valueOf(key))).append(':');
            switch (value) {
                case Map<?, ?> map
                when !map.isEmpty() -> {
                    text.append('\n');
                    map(map, indent + "  ", text);
                }
                case List<?> list
                when !list.isEmpty() -> {
                    text.append('\n');
                    for (Object item : list) {
                        text.append(indent).append("  - ").append(scalar(item)).append('\n');
                    }
                }
                default -> text.append(' ').append(scalar(value)).append('\n');
            }
        });
    }

    /** JSON is YAML too, so whatever is not plain is written as JSON. */
    private static String scalar(Object value) {
        if (value instanceof String s
                && PLAIN.matcher(s).matches()
                && !WORD.matcher(s).matches()) {
            return s;
        }
        return new String(JsonText.compact(value), StandardCharsets.UTF_8);
    }
}
