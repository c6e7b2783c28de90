package dev.jemma.eval.metric;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether two texts are the same once what does not matter is gone, in this order: what the patterns match, case,
 * ASCII punctuation.
 */
public record ExactMatch(List<Pattern> ignored, boolean ignoreCase, boolean ignorePunctuation) {
    /** Character by character. */
    public static final ExactMatch STRICT = new ExactMatch(List.of(), false, false);

    private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    public ExactMatch {
        ignored = List.copyOf(ignored);
    }

    /** 1 if the text equals any of these, else 0. */
    public double of(String text, List<String> golds) {
        String plain = plain(text);
        return golds.stream().anyMatch(gold -> plain(gold).equals(plain)) ? 1 : 0;
    }

    private String plain(String text) {
        String plain = text;
        for (Pattern pattern : ignored) {
            plain = pattern.matcher(plain).replaceAll("");
        }
        if (ignoreCase) {
            plain = plain.toLowerCase(Locale.ROOT);
        }
        return ignorePunctuation ? without(plain, PUNCTUATION) : plain;
    }

    private static String without(String text, String characters) {
        StringBuilder kept = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            if (characters.indexOf(text.charAt(i)) < 0) {
                kept.append(text.charAt(i));
            }
        }
        return kept.toString();
    }
}
