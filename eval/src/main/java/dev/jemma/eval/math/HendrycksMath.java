package dev.jemma.eval.math;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The answers of MATH in the form of Hendrycks et al. 2021, and of AGIEval's mathematical tasks: found in a text, brought
 * into a normal form as text, and equal if those are the same text.
 */
public final class HendrycksMath {
    private static final Pattern IN_DOLLARS = Pattern.compile("\\$(.*)\\$");
    private static final Pattern NUMBER =
            Pattern.compile("(?:\\$)?\\d+(?:\\.\\d+)?(?![\\w\\d])", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern INTEGERS = Pattern.compile("(0|-?[1-9]\\d*)/(0|-?[1-9]\\d*)");

    /** What Python's {@code int} takes: also in forms that are not its own. */
    private static final Pattern PYTHON_INTEGER =
            Pattern.compile("\\s*[+-]?\\d+(_\\d+)*\\s*", Pattern.UNICODE_CHARACTER_CLASS);

    private HendrycksMath() {}

    /** The answer in a generated text: between its first and last dollar sign, else all of it. */
    public static String extract(String generated) {
        int first = generated.indexOf('$');
        int last = generated.lastIndexOf('$');
        return first < last ? generated.substring(first + 1, last) : generated;
    }

    /**
     * The answer of a solution of the data set: what stands in its last box.
     *
     * @throws dev.jemma.eval.EvalException if the solution has no box
     */
    public static String gold(String solution) {
        return Boxed.content(solution);
    }

    /** Whether a generated text gives the answer of the data set's solution. */
    public static boolean matches(String generated, String solution) {
        return equal(extract(generated), gold(solution));
    }

    /**
     * The answer in a text as AGIEval finds it: its last box, else the last text in dollar signs, of these what stands
     * behind the last "="; else what stands behind the last "=" of the text, else its last number.
     */
    public static Optional<String> extractAgiEval(String text) {
        if (text.contains("\\boxed")) {
            return Boxed.lastBraced(text)
                    .filter(box -> box.startsWith("\\boxed{"))
                    .flatMap(Boxed::inside)
                    .map(HendrycksMath::rightSide);
        }
        Optional<String> found = last(IN_DOLLARS, text, 1).map(HendrycksMath::rightSide);
        if (found.isPresent() && !found.get().isEmpty()) {
            return found;
        }
        if (!text.contains("=")) {
            return last(NUMBER, text, 0);
        }
        String right = rightSide(text);
        int end = right.length();
        while (end > 0 && right.charAt(end - 1) == '.') {
            end--;
        }
        right = right.substring(0, end);
        int line = right.indexOf("\\n");
        return Optional.of(line < 0 ? right : right.substring(0, line));
    }

    /** Whether a generated text gives AGIEval's answer, which is looked for in the gold text in the same way. */
    public static boolean matchesAgiEval(String generated, String gold) {
        Optional<String> a = extractAgiEval(generated);
        Optional<String> b = extractAgiEval(gold);
        return (a.isPresent() && b.isPresent()) ? equal(a.get(), b.get(), false) : a.equals(b);
    }

    private static Optional<String> last(Pattern pattern, String text, int group) {
        Optional<String> found = Optional.empty();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found = Optional.of(matcher.group(group));
        }
        return found;
    }

    private static String rightSide(String text) {
        int equal = text.lastIndexOf('=');
        return equal < 0 ? text : text.substring(equal + 1).replaceFirst("^ +", "");
    }

    /** Whether two answers have the same normal form; where one has none, whether they are the same text. */
    public static boolean equal(String a, String b) {
        return equal(a, b, true);
    }

    private static boolean equal(String a, String b, boolean strict) {
        Optional<String> left = normalize(a, strict);
        Optional<String> right = normalize(b, strict);
        return (left.isPresent() && right.isPresent()) ? left.equals(right) : a.equals(b);
    }

    /** The normal form; empty for a text that its rules cannot take, such as one that ends in {@code \frac}. */
    public static Optional<String> normalize(String answer) {
        return normalize(answer, true);
    }

    /** @param strict whether a text such as {@code a/b} has no normal form; AGIEval leaves it as it is */
    private static Optional<String> normalize(String answer, boolean strict) {
        String text = answer.replace("\n", "")
                .replace("\\!", "")
                .replace("\\\\", "\\")
                .replace("tfrac", "frac")
                .replace("dfrac", "frac")
                .replace("\\left", "")
                .replace("\\right", "")
                .replace("^{\\circ}", "")
                .replace("^\\circ", "")
                .replace("\\$", "");
        int unit = text.indexOf("\\text{ ");
        if (unit >= 0) {
            if (text.indexOf("\\text{ ", unit + 1) >= 0) {
                return Optional.empty();
            }
            text = text.substring(0, unit);
        }
        text = text.replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.");
        if (text.isEmpty()) {
            return Optional.of(text);
        }
        text = text.startsWith(".") ? "0" + text : text;
        int equal = text.indexOf('=');
        if (equal >= 0 && equal <= 2 && text.indexOf('=', equal + 1) < 0) {
            text = text.substring(equal + 1);
        }
        return roots(text)
                .map(rooted -> rooted.replace(" ", ""))
                .flatMap(HendrycksMath::fractions)
                .map(whole -> whole.equals("0.5") ? "\\frac{1}{2}" : whole)
                .flatMap(whole -> slash(whole, strict));
    }

    /** √3 as {@code \sqrt3} gets its braces. */
    private static Optional<String> roots(String text) {
        String[] parts = text.split("\\\\sqrt", -1);
        StringBuilder result = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].isEmpty()) {
                return Optional.empty();
            }
            int first = parts[i].offsetByCodePoints(0, 1);
            result.append(
                    parts[i].startsWith("{")
                            ? "\\sqrt" + parts[i]
                            : "\\sqrt{" + parts[i].substring(0, first) + "}" + parts[i].substring(first));
        }
        return Optional.of(result.toString());
    }

    /** So do the parts of {@code \frac12} and {@code \frac1{72}}. */
    private static Optional<String> fractions(String text) {
        String[] parts = text.split("\\\\frac", -1);
        StringBuilder result = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i];
            if (part.isEmpty()) {
                return Optional.empty();
            }
            result.append("\\frac");
            if (part.startsWith("{")) {
                result.append(part);
                continue;
            }
            if (part.codePointCount(0, part.length()) < 2) {
                return Optional.of(text);
            }
            int first = part.offsetByCodePoints(0, 1);
            int second = part.offsetByCodePoints(first, 1);
            result.append('{').append(part, 0, first).append('}');
            if (part.charAt(first) == '{') {
                result.append(part.substring(first));
            } else {
                result.append('{').append(part, first, second).append('}').append(part.substring(second));
            }
        }
        return Optional.of(result.toString());
    }

    /** Two integers with a slash between them are a fraction; other texts with one slash have no normal form. */
    private static Optional<String> slash(String text, boolean strict) {
        int at = text.indexOf('/');
        if (at < 0 || at != text.lastIndexOf('/')) {
            return Optional.of(text);
        }
        Matcher matcher = INTEGERS.matcher(text);
        if (matcher.matches()) {
            return Optional.of("\\frac{" + matcher.group(1) + "}{" + matcher.group(2) + "}");
        }
        boolean integers = PYTHON_INTEGER.matcher(text.substring(0, at)).matches()
                && PYTHON_INTEGER.matcher(text.substring(at + 1)).matches();
        return integers || !strict ? Optional.of(text) : Optional.empty();
    }
}
