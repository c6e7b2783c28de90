package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Ways to mark generated answers that several benchmarks share. */
final class Answered {
    private Answered() {}

    /** Whether the first answer behind a filter equals one of the targets. */
    static Form.Pipeline exactMatch(String name, Filter filter, ExactMatch match, Function<Doc, List<String>> targets) {
        Metric metric = Metric.of("exact_match", name);
        return new Form.Pipeline(
                name,
                filter.then(Filter.takeFirst()),
                (doc, answers) ->
                        Map.of(metric, answers.isEmpty() ? 0 : match.of(answers.getFirst(), targets.apply(doc))),
                List.of(metric));
    }
}
