package dev.jemma.eval.math;

import dev.jemma.eval.metric.PythonText;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings the LaTeX of an answer into the form that is read: boxes opened, sizes of brackets, fonts and units dropped,
 * words for signs, short forms of fractions and roots written out. In the order of the reference, whose result shows:
 * where an answer cannot be read, this text is compared.
 */
final class LatexTidy {
    private static final Pattern LEFT = Pattern.compile(
            "\\\\m?left(\\\\\\{|\\{|\\\\\\||\\||\\[|\\(|\\\\rbracl|\\\\lgroup"
                    + "|\\\\lbrace|\\\\lbrack|\\\\vert|\\\\lvert|\\\\lceil|\\\\lfloor|\\\\langle|\\\\llcorner|\\\\ulcorner)");
    private static final Pattern RIGHT =
            Pattern.compile("\\\\m?right(\\\\\\}|\\}|\\\\\\||\\||\\]|\\)|\\\\rbrack|\\\\rgroup"
                    + "|\\\\rbrace|\\\\vert|\\\\rvert|\\\\rceil|\\\\rfloor|\\\\rangle|\\\\lrcorner|\\\\urcorner)");
    private static final Pattern FALLING =
            Pattern.compile("\\(([a-zA-Z0-9+\\-*/\\\\ ]+?)\\)_\\{([a-zA-Z0-9+\\-*/\\\\ ]+?)\\}");
    private static final Pattern DROPPED = python(
            "\\\\mathrm\\{th\\}|\\\\!\\s*|\\\\text\\s*\\{\\s*\\}|\\\\\\$|\\$" + "|(?<!\\\\)[\"']|\\\\displaystyle");
    private static final Pattern DOUBLE_BACKSLASH = Pattern.compile("\\\\\\\\(?=[a-zA-Z])");
    private static final Pattern UNIT_IN_TEXT = python("(\\\\(?:text|mbox)\\{.*?\\})(\\^\\d|\\{\\^\\d\\})?$");

    /** In this order, the first that matches at a place. */
    private static final List<Map.Entry<String, String>> REPLACED = List.of(
            Map.entry("\\\\math(?:rm|it|bf)", "\\text"),
            Map.entry("\\\\text(?:normal|bf|it|rm)", "\\text"),
            Map.entry("\\\\(?:d|t|c)frac", "\\frac"),
            Map.entry("\\s\\.", " 0."),
            Map.entry("\\{\\.", "{0."),
            Map.entry("~=", "\\approx"),
            Map.entry("\\s*\\{\\s*,\\s*\\}", ","),
            Map.entry("(?<![a-zA-Z]),?\\s*(?:and|or)(?![a-zA-Z])", ","),
            Map.entry(",?\\s*\\\\text\\{\\s*(?:and|or)\\s*\\}", ","),
            Map.entry("(?<!\\\\)\\\\\\s", " "),
            Map.entry("infinity", "\\infty"),
            Map.entry(",?\\\\ldots", " "),
            Map.entry("\\s*\\bpercentage\\b", "\\%"),
            Map.entry("\\\\text\\{percentage\\}", "%"),
            Map.entry("\\s*\\bpercent\\b", "\\%"),
            Map.entry("\\\\text\\{percent\\}", "%"),
            Map.entry("\\s*\\bpct\\b", "\\%"),
            Map.entry("\\\\text\\{pct\\}", "%"),
            Map.entry("(?<!\\\\)inf(?!inity)", "\\infty"),
            Map.entry(" sqrt", "\\sqrt"));

    private static final Pattern ANY_REPLACED = python(String.join(
            "|", REPLACED.stream().map(one -> "(" + one.getKey() + ")").toList()));

    private static final Pattern UNIT =
            python("(\\d|\\}|\\s)\\s*(?:(?:" + String.join("|", Units.ALL) + ")(?:s|es)?)\\s*$");

    private static final List<Map.Entry<Pattern, String>> REPAIRED = List.of(
            Map.entry(python("\\^\\s?\\((.*?)\\)"), "^{$1}"),
            Map.entry(python("sqrt\\s?\\((.*?)\\)"), "\\\\sqrt{$1}"),
            Map.entry(python("\\\\frac\\s?(\\d)\\s?(\\d+)"), "\\\\frac{$1}{$2}"),
            Map.entry(python("\\\\log_\\s?(\\d)\\s?(\\d+)"), "\\\\log_{$1}{$2}"),
            Map.entry(python("\\\\frac\\s?\\{(.*?)\\}\\s?(\\d)"), "\\\\frac{$1}{$2}"),
            Map.entry(python("\\\\frac\\s?(\\d)\\s?\\{(.*?)\\}"), "\\\\frac{$1}{$2}"),
            Map.entry(python("\\\\sqrt\\s?(\\d)"), "\\\\sqrt{$1}"));
    private static final Pattern WHOLE = Pattern.compile("0|-?[1-9][0-9]*");

    private LatexTidy() {}

    private static Pattern python(String pattern) {
        return dev.jemma.eval.metric.Filter.python(pattern);
    }

    /** @param all whether all boxes are opened, or only the last and those that belong to it */
    static String of(String latex, boolean all) {
        String text = BoxedParts.of(latex, all)
                .replace("\\mathrm{T}", "T")
                .replace("\\mathrm{d}", "d")
                .replace("{\\rm d}", "d")
                .replace("\\left[\\begin{matrix}", "\\begin{bmatrix}")
                .replace("\\end{matrix}\\right]", "\\end{bmatrix}");
        text = matcher(LEFT, text).replaceAll("$1");
        text = matcher(RIGHT, text).replaceAll("$1");
        text = matcher(FALLING, text).replaceAll("\\\\frac{($1)!}{(($1)-($2))!}");
        text = matcher(DROPPED, text).replaceAll("");
        text = matcher(ANY_REPLACED, text).replaceAll(found -> {
            int group = 1;
            while (found.start(group) < 0) {
                group++;
            }
            return Matcher.quoteReplacement(REPLACED.get(group - 1).getValue());
        });
        text = text.replace('\n', ' ').replace('\t', ' ');
        if (!text.contains("matrix")) {
            text = matcher(DOUBLE_BACKSLASH, text).replaceAll("\\\\");
        }
        text = withoutUnits(text);
        if (text.startsWith(".")) {
            text = "0" + text;
        }
        if (text.equals("0.5")) {
            text = "\\frac{1}{2}";
        }
        for (Map.Entry<Pattern, String> one : REPAIRED) {
            text = matcher(one.getKey(), text).replaceAll(one.getValue());
        }
        return PythonText.strip(slash(fractions(roots(text.replace(" sqrt", "\\sqrt")))));
    }

    private static String withoutUnits(String latex) {
        String text = latex;
        String bare = PythonText.strip(matcher(UNIT_IN_TEXT, text).replaceAll(""));
        text = bare.isEmpty() ? text : bare;
        for (int i = 0; i < 2; i++) {
            bare = matcher(UNIT, text).replaceAll("$1");
            text = bare.isEmpty() ? text : bare;
        }
        return text;
    }

    /** A matcher that does not go back and forth in a text for ever. */
    private static Matcher matcher(Pattern pattern, String text) {
        return pattern.matcher(new CountedText(text));
    }

    private static String roots(String text) {
        List<String> parts = parts(text, "\\sqrt");
        StringBuilder whole = new StringBuilder(parts.getFirst());
        for (String part : parts.subList(1, parts.size())) {
            String rest = stripLeading(part);
            whole.append("\\sqrt");
            if (rest.isEmpty() || rest.charAt(0) == '{' || rest.charAt(0) == '[') {
                whole.append(rest);
            } else {
                int first = rest.offsetByCodePoints(0, 1);
                whole.append('{').append(rest, 0, first).append('}').append(rest, first, rest.length());
            }
        }
        return whole.toString();
    }

    private static String fractions(String text) {
        List<String> parts = parts(text, "\\frac");
        StringBuilder whole = new StringBuilder(parts.getFirst());
        for (String part : parts.subList(1, parts.size())) {
            String rest = stripLeading(part);
            whole.append("\\frac");
            if (rest.startsWith("{")) {
                whole.append(rest);
                continue;
            }
            if (rest.codePointCount(0, rest.length()) < 2) {
                return text;
            }
            int first = rest.offsetByCodePoints(0, 1);
            int second = rest.offsetByCodePoints(first, 1);
            whole.append('{').append(rest, 0, first).append('}');
            if (rest.charAt(first) == '{') {
                whole.append(rest, first, rest.length());
            } else {
                whole.append('{').append(rest, first, second).append('}').append(rest, second, rest.length());
            }
        }
        return whole.toString();
    }

    private static String slash(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || text.indexOf('/', slash + 1) >= 0) {
            return text;
        }
        String over = text.substring(0, slash);
        String under = text.substring(slash + 1);
        return WHOLE.matcher(over).matches() && WHOLE.matcher(under).matches() && over.length() + under.length() < 4000
                ? "\\frac{" + new BigInteger(over) + "}{" + new BigInteger(under) + "}"
                : text;
    }

    private static String stripLeading(String text) {
        int at = 0;
        while (at < text.length() && PythonText.isSpace(text.charAt(at))) {
            at++;
        }
        return text.substring(at);
    }

    private static List<String> parts(String text, String separator) {
        List<String> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }
}
