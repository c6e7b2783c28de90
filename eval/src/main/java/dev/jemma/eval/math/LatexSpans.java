package dev.jemma.eval.math;

import dev.jemma.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Formulas in a text: in dollar signs, in {@code \[ \]}, {@code \( \)} or free-standing brackets, and bare fractions of
 * two numbers; one after another with "and", "or" or a comma between, six at most. Scanned by hand, since a pattern
 * would go back and forth in a long text.
 */
final class LatexSpans {
    /** A formula. */
    record Part(String latex, boolean percent) {}

    /** Formulas one after another, and where they end in the text. */
    record Run(int start, int end, List<Part> parts) {
        Run {
            parts = List.copyOf(parts);
        }
    }

    private record Span(int end, String latex) {}

    private static final int MOST = 6;
    private static final Pattern FRACTION =
            Pattern.compile("-?\\\\frac\\{-?\\d+(?:[.,]\\d+)?\\}\\{-?\\d+(?:[.,]\\d+)?\\}");
    private static final Pattern PERCENT = Pattern.compile("\\\\?%|[Pp]ercent|[Pp]ercentage|[Pp]ct");
    private static final Pattern AND = Pattern.compile(",?and|,?or|,");
    private static final Pattern BOX = Pattern.compile("\\\\boxed\\{.+?\\}", Pattern.DOTALL);

    private final String text;
    private final CountedText budget;
    private final boolean boxed;

    /** @param boxed only formulas that hold a box, and no bare fractions */
    LatexSpans(String text, CountedText budget, boolean boxed) {
        this.text = text;
        this.budget = budget;
        this.boxed = boxed;
    }

    /** All runs, one behind the other. */
    List<Run> all() {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < text.length(); ) {
            List<Run> here = from(i);
            if (!here.isEmpty()) {
                runs.add(here.getFirst());
            }
            i = here.isEmpty() ? i + 1 : here.getFirst().end();
        }
        return runs;
    }

    /** The run that begins at a place, the longest first, then all shorter ways to read it. */
    List<Run> from(int start) {
        List<Run> runs = new ArrayList<>();
        runs(start, start, List.of(), runs);
        return runs;
    }

    private void runs(int start, int at, List<Part> before, List<Run> runs) {
        Span span = span(at);
        if (span == null) {
            return;
        }
        int blank = blankFrom(span.end);
        Matcher percent = PERCENT.matcher(text).region(blank, text.length());
        if (percent.lookingAt()) {
            ends(start, percent.end(), percent.end(), with(before, new Part(span.latex, true)), runs);
        }
        ends(start, span.end, blank, with(before, new Part(span.latex, false)), runs);
    }

    private static List<Part> with(List<Part> before, Part part) {
        List<Part> all = new ArrayList<>(before);
        all.add(part);
        return all;
    }

    /** Further formulas if there are some, else the end, anywhere in the white space behind the formula. */
    private void ends(int start, int least, int blank, List<Part> parts, List<Run> runs) {
        if (parts.size() < MOST) {
            Matcher and = AND.matcher(text).region(blankFrom(least), text.length());
            if (and.lookingAt()) {
                int from = and.end();
                for (int at = blankFrom(from); at >= from; at--) {
                    runs(start, at, parts, runs);
                }
            }
        }
        for (int end = boxed ? blankFrom(blank) : blank; end >= least; end--) {
            runs.add(new Run(start, end, parts));
            budget.spend(1);
        }
    }

    private int blankFrom(int from) {
        int at = from;
        while (at < text.length() && PythonText.isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    private boolean escaped(int at) {
        return at > 0 && text.charAt(at - 1) == '\\';
    }

    private @org.jspecify.annotations.Nullable Span span(int at) {
        if (at >= text.length()) {
            return null;
        }
        char c = text.charAt(at);
        Span found = null;
        if (c == '$' && text.startsWith("$$", at) && !escaped(at)) {
            found = between(at + 2, "$$", true);
        }
        if (found == null && c == '$' && !escaped(at) && !(at > 0 && Character.isDigit(text.charAt(at - 1)))) {
            found = between(at + 1, "$", false);
        }
        if (found == null && c == '\\' && !escaped(at) && text.startsWith("\\[", at)) {
            found = between(at + 2, "\\]", true);
        }
        if (found == null && c == '\\' && !escaped(at) && text.startsWith("\\(", at)) {
            found = between(at + 2, "\\)", false);
        }
        if (found == null && PythonText.isSpace(c) && at + 1 < text.length() && text.charAt(at + 1) == '[') {
            found = bracket(at + 2);
        }
        if (found == null && !boxed && (c == '-' || c == '\\')) {
            Matcher fraction = FRACTION.matcher(text).region(at, text.length());
            if (fraction.lookingAt()) {
                found = new Span(fraction.end(), fraction.group());
            }
        }
        return found != null && boxed && !BOX.matcher(found.latex).find() ? null : found;
    }

    private @org.jspecify.annotations.Nullable Span between(int from, String close, boolean lines) {
        for (int i = from; i < text.length(); i++) {
            budget.spend(1);
            if (text.startsWith(close, i)) {
                if (escaped(i) && i > from) {
                    if (close.equals("$")) {
                        continue;
                    }
                    return null;
                }
                return i > from ? new Span(i + close.length(), text.substring(from, i)) : null;
            }
            if (!lines && text.charAt(i) == '\n') {
                return null;
            }
        }
        return null;
    }

    private @org.jspecify.annotations.Nullable Span bracket(int from) {
        for (int i = from; i < text.length(); i++) {
            budget.spend(1);
            char c = text.charAt(i);
            if (c == '\n' || c == '[') {
                return null;
            }
            if (c == ']') {
                boolean free = i + 1 < text.length() && PythonText.isSpace(text.charAt(i + 1));
                return free && i > from ? new Span(i + 2, text.substring(from, i)) : null;
            }
        }
        return null;
    }
}
