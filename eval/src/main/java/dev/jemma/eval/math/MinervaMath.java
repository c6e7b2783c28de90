package dev.jemma.eval.math;

import dev.jemma.eval.metric.PythonText;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The answers of the Minerva form of MATH: where they stand in a solution, and their normal form by the rules of Lewkowycz
 * et al. 2022, appendix D, in the order in which the reference applies them (some words are cut out of the midst of
 * others: that is part of the metric).
 */
public final class MinervaMath {
    /** What stands for an answer that was not found. */
    public static final String INVALID = "[invalidanswer]";

    private static final Pattern ANSWER =
            Pattern.compile("Final Answer: The final answer is(.*?). I hope it is correct.");
    private static final String END = "I hope it is correct.";

    private static final List<Map.Entry<String, String>> REPLACED = List.of(
            Map.entry("an ", ""),
            Map.entry("a ", ""),
            Map.entry(".$", "$"),
            Map.entry("\\$", ""),
            Map.entry("\\ ", ""),
            Map.entry(" ", ""),
            Map.entry("mbox", "text"),
            Map.entry(",\\text{and}", ","),
            Map.entry("\\text{and}", ","),
            Map.entry("\\text{m}", "\\text{}"));

    private static final List<String> REMOVED = List.of(
            "square",
            "ways",
            "integers",
            "dollars",
            "mph",
            "inches",
            "ft",
            "hours",
            "km",
            "units",
            "\\ldots",
            "sue",
            "points",
            "feet",
            "minutes",
            "digits",
            "cents",
            "degrees",
            "cm",
            "gm",
            "pounds",
            "meters",
            "meals",
            "edges",
            "students",
            "childrentickets",
            "multiples",
            "\\text{s}",
            "\\text{.}",
            "\\text{\ns}",
            "\\text{}^2",
            "\\text{}^3",
            "\\text{\n}",
            "\\text{}",
            "\\mathrm{th}",
            "^\\circ",
            "^{\\circ}",
            "\\;",
            ",\\!",
            "{,}",
            "\"",
            "\\dots");

    private static final Pattern DOLLARS = Pattern.compile("(.*?)(\\$)(.*?)(\\$)(.*)");
    private static final Pattern TEXT = Pattern.compile("(\\\\text\\{)(.*?)(\\})");
    private static final Pattern BOLD = Pattern.compile("(\\\\textbf\\{)(.*?)(\\})");
    private static final Pattern OVERLINE = Pattern.compile("(\\\\overline\\{)(.*?)(\\})");
    private static final Pattern BOXED = Pattern.compile("(\\\\boxed\\{)(.*)(\\})");
    private static final Pattern SHORT_FRACTION = Pattern.compile("(frac)([^{])(.)");
    private static final Pattern SHORT_INDEXED_ROOT =
            Pattern.compile("(sqrt)(\\[[^\\]]*\\])(\\w)", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern SHORT_ROOT = Pattern.compile("(sqrt)(?!\\[)([^{])");
    private static final Pattern THOUSANDS = Pattern.compile("-?\\d{1,3}(,\\d{3})+", Pattern.UNICODE_CHARACTER_CLASS);

    /** A command of LaTeX, which is not searched for words. */
    private static final Pattern COMMAND = Pattern.compile("\\\\[a-zA-Z]+");

    /** The words among {@link #REMOVED}, where they stand for themselves. */
    private static final List<Pattern> WORDS = REMOVED.stream()
            .filter(MinervaMath::isWord)
            .map(word -> Pattern.compile("(?<!\\\\)\\b" + word + "\\b", Pattern.UNICODE_CHARACTER_CLASS))
            .toList();

    private MinervaMath() {}

    /** The answer that a generated solution gives; {@link #INVALID} if it gives none in the form that the prompt shows. */
    public static String extract(String solution) {
        Matcher matcher = ANSWER.matcher(solution + END);
        return matcher.find() ? PythonText.strip(matcher.group(1)) : INVALID;
    }

    /**
     * The answer of a solution of the data set, normalised: what stands in its last box.
     *
     * @throws dev.jemma.eval.EvalException if the solution has no box
     */
    public static String gold(String solution) {
        return normalize(Boxed.content(solution));
    }

    /** Whether a generated solution gives the answer of the data set's solution: the same text, or the same value. */
    public static boolean matches(String generated, String solution) {
        String answer = normalize(extract(generated));
        String gold = gold(solution);
        return (!answer.isEmpty() && answer.equals(gold)) || MathAnswer.equal(answer, gold);
    }

    /** The normal form of an answer. */
    public static String normalize(String answer) {
        String text = answer.substring(answer.lastIndexOf('=') + 1);
        for (Pattern word : WORDS) {
            text = word.matcher(text).replaceAll("");
        }
        for (Map.Entry<String, String> one : REPLACED) {
            text = text.replace(one.getKey(), one.getValue());
        }
        for (String one : REMOVED) {
            text = isWord(one) ? withoutWord(text, one) : text.replace(one, "");
        }
        text = DOLLARS.matcher(text).replaceAll("\\$$3\\$");
        text = TEXT.matcher(text).replaceAll("$2");
        text = BOLD.matcher(text).replaceAll("$2");
        text = OVERLINE.matcher(text).replaceAll("$2");
        text = BOXED.matcher(text).replaceAll("$2");
        text = SHORT_FRACTION.matcher(text).replaceAll("frac{$2}{$3}");
        text = SHORT_INDEXED_ROOT.matcher(text).replaceAll("$1$2{$3}");
        text = SHORT_ROOT.matcher(text).replaceAll("sqrt{$2}");
        text = text.replace("$", "");
        return THOUSANDS.matcher(text).matches() ? text.replace(",", "") : text;
    }

    private static boolean isWord(String text) {
        return text.chars().allMatch(Character::isLetter);
    }

    /** A word also in the midst of others, but not in a command. */
    private static String withoutWord(String text, String word) {
        StringBuilder kept = new StringBuilder(text.length());
        Matcher command = COMMAND.matcher(text);
        int from = 0;
        while (command.find()) {
            kept.append(text.substring(from, command.start()).replace(word, "")).append(command.group());
            from = command.end();
        }
        return kept.append(text.substring(from).replace(word, "")).toString();
    }
}
