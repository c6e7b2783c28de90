package dev.jemma.eval.math;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The value of formulas that were found: each cleaned and read; several of them are a set. */
final class LatexAnswer {
    private static final Pattern EQUALS = Pattern.compile("(?<!\\\\|<|!|>)=");

    private LatexAnswer() {}

    static AnswerFinder.Answer read(LatexSpans.Run run) {
        List<Optional<Value>> values = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (LatexSpans.Part part : run.parts()) {
            String text = LatexTidy.of(part.latex(), true);
            texts.add(text);
            Optional<Value> value = value(text);
            values.add(part.percent() ? value.flatMap(LatexAnswer::percent) : value);
        }
        if (values.size() == 1 || !values.stream().allMatch(Optional::isPresent)) {
            return new AnswerFinder.Answer(values.getFirst(), texts.getFirst());
        }
        List<Value> all = new ArrayList<>();
        for (Optional<Value> value : values) {
            value.ifPresent(one -> all.addAll(one instanceof Value.Items(var elements) ? elements : List.of(one)));
        }
        return new AnswerFinder.Answer(Optional.of(new Value.Items(all)), String.join(" and ", texts));
    }

    /** The same of a stretch of text with boxes. */
    static AnswerFinder.Answer boxed(String latex) {
        String text = LatexTidy.of(latex, false);
        return new AnswerFinder.Answer(value(text), text);
    }

    private static Optional<Value> percent(Value value) {
        return value instanceof Value.Expression(Node node)
                ? Optional.of(new Value.Expression(Nodes.percent(node)))
                : Optional.empty();
    }

    /** Of a chain of equations that cannot be read, its last side. */
    private static Optional<Value> value(String latex) {
        Optional<Value> whole = AnswerParser.parse(latex);
        if (whole.isPresent() || latex.indexOf(',') >= 0 || latex.indexOf(';') >= 0) {
            return whole;
        }
        String[] sides = EQUALS.split(latex, -1);
        return sides.length > 2 ? AnswerParser.parse(sides[sides.length - 1]) : Optional.empty();
    }
}
