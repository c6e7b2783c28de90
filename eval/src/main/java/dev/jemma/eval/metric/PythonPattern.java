package dev.jemma.eval.metric;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A pattern that somebody wrote for Python, for instance in a task's YAML. Both languages write most things alike; what
 * Java writes otherwise is rewritten: names of groups, brackets and ampersands inside brackets, braces that count
 * nothing, the very end of a text.
 */
public final class PythonPattern {
    private static final Pattern COUNT = Pattern.compile("\\{(?:\\d+(?:,\\d*)?|,\\d*)\\}");
    private static final Pattern NAME = Pattern.compile("\\(\\?P(?:<([^>]*)>|=([^)]*)\\))");

    private final String text;
    private final StringBuilder java = new StringBuilder();
    private final Map<String, String> groups = new HashMap<>();

    private PythonPattern(String text) {
        this.text = text;
    }

    /**
     * The pattern, with the meaning that it has in Python.
     *
     * @throws java.util.regex.PatternSyntaxException if it is none, or has a part that only Python knows
     */
    public static Pattern of(String text) {
        return Filter.python(new PythonPattern(text).rewritten());
    }

    private String rewritten() {
        int at = 0;
        while (at < text.length()) {
            at = switch (text.charAt(at)) {
                case '\\' -> escape(at, true);
                case '[' -> brackets(at);
                case '{' -> brace(at);
                case '(' -> parenthesis(at);
                default -> plain(at);
            };
        }
        return java.toString();
    }

    private int plain(int at) {
        java.append(text.charAt(at));
        return at + 1;
    }

    private int escape(int at, boolean outside) {
        boolean veryEnd = outside && text.startsWith("\\Z", at);
        java.append(veryEnd ? "\\z" : text.substring(at, Math.min(at + 2, text.length())));
        return at + 2;
    }

    /** A set of characters: in Java a bracket inside begins a set of its own, and two ampersands mean "and". */
    private int brackets(int from) {
        java.append('[');
        int at = from + 1;
        if (text.startsWith("^", at)) {
            at = plain(at);
        }
        for (int first = at; at < text.length(); ) {
            char c = text.charAt(at);
            if (c == ']' && at > first) {
                return plain(at);
            }
            if (c == '\\') {
                at = escape(at, false);
            } else {
                java.append(c == '[' || c == ']' || c == '&' ? "\\" : "").append(c);
                at++;
            }
        }
        return at;
    }

    private int brace(int at) {
        Matcher count = COUNT.matcher(text).region(at, text.length());
        if (!count.lookingAt()) {
            java.append("\\{");
            return at + 1;
        }
        java.append(count.group().startsWith("{,") ? "{0" + count.group().substring(1) : count.group());
        return count.end();
    }

    /** Java's names have no underscores: groups are called g1, g2 and so on. */
    private int parenthesis(int at) {
        Matcher name = NAME.matcher(text).region(at, text.length());
        if (!name.lookingAt()) {
            return plain(at);
        }
        boolean opens = text.charAt(at + 3) == '<';
        String known = groups.computeIfAbsent(name.group(opens ? 1 : 2), _ -> "g" + (groups.size() + 1));
        java.append(opens ? "(?<" + known + ">" : "\\k<" + known + ">");
        return name.end();
    }
}
