package dev.jemma.eval.math;

import dev.jemma.eval.metric.Filter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Finds the answer in a solution. Places are looked through by rank: behind "final answer is" with "I hope" after it;
 * behind "final answer … is", and boxes; behind "answer:"; behind "answer"; anywhere. Among those of a rank the last one
 * in the text that can be read is taken, LaTeX and plain numbers alike.
 */
final class AnswerFinder {
    /** A place to look, the smaller rank first. */
    record Place<T>(int rank, T what) {}

    /** What a text answers. */
    record Answer(Optional<Value> value, String text) {}

    private record Candidate(int start, int end, Supplier<Answer> answer) {}

    /** The longest text that is looked at; solutions are some thousand characters long. */
    private static final int MOST_CHARS = 60_000;

    private static final Pattern IS = Filter.python("(?i)final answer is:?\\s*");
    private static final Pattern ANYTHING_IS = Pattern.compile("(?i)final answer", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern IS_BEHIND = Pattern.compile("\\s+is:?\\s*", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern ANSWER = Pattern.compile("(?i)answer");
    private static final Pattern HOPE = Filter.python("\\.?\\s?I hope");
    private static final int WORDS_AFTER_FINAL = 100;
    private static final int WORDS_AFTER = 50;

    private final String text;
    private final CountedText budget;
    private final LatexSpans latex;

    private AnswerFinder(String text) {
        this.text = text;
        this.budget = new CountedText(text);
        this.latex = new LatexSpans(text, budget, false);
    }

    /** The answer as a value, if there is one, and as the first text that was taken for one. */
    static List<Object> find(String text) {
        if (text.length() > MOST_CHARS) {
            return List.of();
        }
        try {
            return new AnswerFinder(text).find();
        } catch (CountedText.Exhausted | StackOverflowError e) {
            return List.of(); // where the reference runs out of time, it finds nothing either
        }
    }

    private List<Object> find() {
        TreeMap<Integer, List<Supplier<List<Candidate>>>> ranks = new TreeMap<>();
        add(ranks, 0, () -> behind(IS, 0, true));
        add(ranks, 50, this::behindFinal);
        add(ranks, 50, this::boxedFormulas);
        add(ranks, 50, this::boxes);
        add(ranks, 100, () -> behindAnswer(true));
        add(ranks, 200, () -> behindAnswer(false));
        add(ranks, 300, () -> latex.all().stream().map(this::candidate).toList());
        PlainNumbers.PLACES.forEach(place -> add(ranks, place.rank(), () -> plain(place.what())));
        Optional<String> first = Optional.empty();
        for (List<Supplier<List<Candidate>>> rank : ranks.values()) {
            List<Candidate> all = new ArrayList<>();
            rank.forEach(place -> all.addAll(place.get()));
            all.sort(Comparator.comparingInt(Candidate::end).reversed().thenComparingInt(Candidate::start));
            for (Candidate candidate : all) {
                budget.spend(1000);
                Answer answer = candidate.answer.get();
                if (first.isEmpty() && !answer.text.isEmpty()) {
                    first = Optional.of(answer.text);
                }
                if (answer.value.isPresent()) {
                    List<Object> found = new ArrayList<>();
                    found.add(answer.value.get());
                    first.ifPresent(found::add);
                    return found;
                }
            }
        }
        return first.<List<Object>>map(List::of).orElse(List.of());
    }

    private static void add(
            Map<Integer, List<Supplier<List<Candidate>>>> ranks, int rank, Supplier<List<Candidate>> place) {
        ranks.computeIfAbsent(rank, _ -> new ArrayList<>()).add(place);
    }

    private Candidate candidate(LatexSpans.Run run) {
        return candidate(run.start(), run.end(), run);
    }

    private Candidate candidate(int start, int end, LatexSpans.Run run) {
        return new Candidate(start, end, () -> LatexAnswer.read(run));
    }

    private List<Candidate> plain(Pattern pattern) {
        List<Candidate> all = new ArrayList<>();
        for (MatchResult match : PlainNumbers.matches(pattern, budget)) {
            all.add(new Candidate(match.start(), match.end(), () -> {
                PlainNumbers.Found found = PlainNumbers.read(match);
                return new Answer(found.value(), found.text());
            }));
        }
        return all;
    }

    private List<Candidate> behind(Pattern words, int most, boolean hope) {
        List<Candidate> all = new ArrayList<>();
        var matcher = words.matcher(budget);
        int from = 0;
        while (matcher.find(from)) {
            from = matcher.start() + 1;
            Optional<Candidate> found = at(matcher.start(), matcher.end(), most, hope);
            if (found.isPresent()) {
                all.add(found.get());
                from = Math.max(from, found.get().end);
            }
            if (from > text.length()) {
                break;
            }
        }
        return all;
    }

    /** The first formula that begins up to so many characters further on. */
    private Optional<Candidate> at(int start, int from, int most, boolean hope) {
        for (int at = from; at <= Math.min(from + most, text.length()); at++) {
            budget.spend(1);
            for (int back = at;
                    back >= (at == from && hope ? start : at);
                    back--) { // white space may be the formula's own
                if (back < from && !dev.jemma.eval.metric.PythonText.isSpace(text.charAt(back))) {
                    break;
                }
                for (LatexSpans.Run run : latex.from(back)) {
                    if (!hope) {
                        return Optional.of(candidate(start, run.end(), run));
                    }
                    var tail = HOPE.matcher(text).region(run.end(), text.length());
                    if (tail.lookingAt()) {
                        return Optional.of(candidate(start, tail.end(), run));
                    }
                }
            }
        }
        return Optional.empty();
    }

    private List<Candidate> behindAnswer(boolean colon) {
        return behind(colon ? Pattern.compile("(?i:answer):") : ANSWER, WORDS_AFTER, false);
    }

    private List<Candidate> behindFinal() {
        List<Candidate> all = new ArrayList<>();
        var matcher = ANYTHING_IS.matcher(budget);
        int from = 0;
        while (matcher.find(from)) {
            from = matcher.start() + 1;
            for (int at = matcher.end(); at <= Math.min(matcher.end() + WORDS_AFTER_FINAL, text.length()); at++) {
                budget.spend(1);
                var is = IS_BEHIND.matcher(text).region(at, text.length());
                Optional<Candidate> found = is.lookingAt() ? formula(matcher.start(), is.end()) : Optional.empty();
                if (found.isPresent()) {
                    all.add(found.get());
                    from = Math.max(from, found.get().end);
                    break;
                }
            }
            if (from > text.length()) {
                break;
            }
        }
        return all;
    }

    private Optional<Candidate> formula(int start, int at) {
        for (int back = at;
                back > 0 && (back == at || dev.jemma.eval.metric.PythonText.isSpace(text.charAt(back)));
                back--) {
            List<LatexSpans.Run> runs = latex.from(back);
            if (!runs.isEmpty()) {
                return Optional.of(candidate(start, runs.getFirst().end(), runs.getFirst()));
            }
        }
        return Optional.empty();
    }

    private List<Candidate> boxedFormulas() {
        return new LatexSpans(text, budget, true)
                .all().stream().map(this::candidate).toList();
    }

    /** From the first box to the last brace of the text. */
    private List<Candidate> boxes() {
        int start = text.indexOf("\\boxed{");
        int end = text.lastIndexOf('}') + 1;
        return start < 0 || end - start < "\\boxed{x}".length()
                ? List.of()
                : List.of(new Candidate(start, end, () -> LatexAnswer.boxed(text.substring(start, end))));
    }
}
