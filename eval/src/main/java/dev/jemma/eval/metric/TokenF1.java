package dev.jemma.eval.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Overlap of words with a reference, as SQuAD has it: lower case, no punctuation, no articles, words as a bag. */
public final class TokenF1 {
    private static final Pattern ARTICLES = Filter.python("\\b(a|an|the)\\b");

    private TokenF1() {}

    /** The best F1 against any of the references, from 0 to 1. */
    public static double of(String text, List<String> golds) {
        List<String> words = words(text);
        return golds.stream().mapToDouble(gold -> f1(words, words(gold))).max().orElse(0);
    }

    private static double f1(List<String> a, List<String> b) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.equals(b) ? 1 : 0;
        }
        List<String> left = new ArrayList<>(b);
        int common = 0;
        for (String word : a) {
            common += left.remove(word) ? 1 : 0;
        }
        return 2.0 * common / (a.size() + b.size());
    }

    private static List<String> words(String text) {
        String bare = text.toLowerCase(Locale.ROOT).replaceAll("\\p{Punct}", "");
        String plain = PythonText.strip(ARTICLES.matcher(bare).replaceAll(" "));
        return plain.isEmpty() ? List.of() : PythonText.split(plain);
    }
}
