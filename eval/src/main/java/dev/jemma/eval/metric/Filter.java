package dev.jemma.eval.metric;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A step from the answers to one prompt to what is compared: same number of texts in and out, or fewer. */
@FunctionalInterface
public interface Filter {
    /** What stands where a pattern found nothing. */
    String INVALID = "[invalid]";

    /** The texts after this step. */
    List<String> apply(List<String> answers);

    /** This step, then another. */
    default Filter then(Filter next) {
        return answers -> next.apply(apply(answers));
    }

    /** Nothing is changed. */
    static Filter none() {
        return answers -> answers;
    }

    /** Only the first answer. */
    static Filter takeFirst() {
        return answers -> answers.subList(0, Math.min(1, answers.size()));
    }

    /** Only the first k answers. */
    static Filter takeFirst(int k) {
        return answers -> answers.subList(0, Math.min(k, answers.size()));
    }

    /** All in small letters. */
    static Filter lower() {
        return answers ->
                answers.stream().map(text -> text.toLowerCase(Locale.ROOT)).toList();
    }

    /** All in capital letters. */
    static Filter upper() {
        return answers ->
                answers.stream().map(text -> text.toUpperCase(Locale.ROOT)).toList();
    }

    /** White space at the beginning and the end goes. */
    static Filter strip() {
        return answers -> answers.stream().map(PythonText::strip).toList();
    }

    /** The answer given most often, the one given first among equals: the vote behind maj@k. */
    static Filter majority() {
        return answers -> {
            Map<String, Integer> votes = new LinkedHashMap<>();
            answers.forEach(answer -> votes.merge(answer, 1, Integer::sum));
            return votes.entrySet().stream()
                    .reduce((a, b) -> b.getValue() > a.getValue() ? b : a)
                    .map(winner -> List.of(winner.getKey()))
                    .orElse(List.of());
        };
    }

    /**
     * What a pattern found: of all its matches the one at {@code select} (−1 for the last); of that match the first
     * group that is not empty, the whole match if it has none; stripped. {@link #INVALID} where it found nothing.
     */
    static Filter regex(Pattern pattern, int select) {
        return regex(pattern, select, INVALID);
    }

    /** The same, with another text where the pattern found nothing. */
    static Filter regex(Pattern pattern, int select, String nothing) {
        return answers -> answers.stream()
                .map(answer -> found(pattern, select, answer, nothing))
                .toList();
    }

    private static String found(Pattern pattern, int select, String answer, String nothing) {
        List<String> matches = new ArrayList<>();
        Matcher matcher = pattern.matcher(answer);
        while (matcher.find()) {
            matches.add(content(matcher));
        }
        int index = select < 0 ? matches.size() + select : select;
        if (index < 0
                || index >= matches.size()
                || (matcher.groupCount() > 1 && matches.get(index).isEmpty())) {
            return nothing;
        }
        return PythonText.strip(matches.get(index));
    }

    /** A pattern that means what it means in Python: only a line feed ends a line, and classes know all of Unicode. */
    static Pattern python(String pattern) {
        return Pattern.compile(pattern, Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS);
    }

    private static String content(Matcher matcher) {
        if (matcher.groupCount() == 0) {
            return matcher.group();
        }
        for (int g = 1; g <= matcher.groupCount(); g++) {
            String group = matcher.group(g);
            if (group != null && !group.isEmpty()) {
                return group;
            }
        }
        return "";
    }
}
