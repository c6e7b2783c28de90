package dev.jemma.eval.yaml;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.PythonPattern;
import dev.jemma.eval.metric.TokenF1;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** What a {@link TaskFile} says of generated answers: how they are asked for, filtered and marked. */
final class GenerationKeys {
    private static final Set<String> METRIC_KEYS = Set.of(
            "metric", "aggregation", "higher_is_better", "ignore_case", "ignore_punctuation", "regexes_to_ignore");
    private static final int USUAL_MOST_TOKENS = 256;

    private final YamlMap top;
    private final Function<Doc, List<String>> targets;

    private GenerationKeys(YamlMap top, Function<Doc, List<String>> targets) {
        this.top = top;
        this.targets = targets;
    }

    /**
     * Reads them.
     *
     * @param top of the file
     * @param targets right answers of a row
     */
    static Form.Generation form(YamlMap top, Function<Doc, List<String>> targets) {
        return new GenerationKeys(top, targets).form();
    }

    private Form.Generation form() {
        YamlMap kwargs = top.map(
                        "generation_kwargs",
                        Set.of("until", "max_gen_toks", "do_sample", "temperature", "top_p", "top_k"))
                .orElse(new YamlMap(top.place(), Map.of()));
        List<Form.Pipeline> pipelines = new ArrayList<>();
        List<YamlMap> filters = top.maps("filter_list", Set.of("name", "filter"));
        for (YamlMap named : filters) {
            pipelines.add(pipeline(named.need("name"), filter(named)));
        }
        if (filters.isEmpty()) {
            pipelines.add(pipeline("none", Filter.takeFirst()));
        }
        List<String> stops = kwargs.texts("until");
        if (stops.isEmpty()) {
            stops = List.of(top.text("fewshot_delimiter").orElse("\n\n"));
        }
        return new Form.Generation(
                stops,
                kwargs.integer("max_gen_toks").orElse(USUAL_MOST_TOKENS),
                sampling(kwargs),
                top.integer("repeats").orElse(1),
                targets,
                pipelines);
    }

    /** A temperature alone asks for sampling; {@code do_sample: false} overrules it. */
    private static Sampling sampling(YamlMap kwargs) {
        boolean greedy = kwargs.find("do_sample").isPresent() && !kwargs.truth("do_sample");
        return new Sampling(
                greedy ? 0 : kwargs.number("temperature").orElse(kwargs.truth("do_sample") ? 1.0 : 0.0),
                kwargs.number("top_p").orElse(1.0),
                kwargs.integer("top_k").orElse(0),
                0);
    }

    private static Filter filter(YamlMap named) {
        Filter all = Filter.none();
        for (YamlMap step :
                named.maps("filter", Set.of("function", "regex_pattern", "group_select", "fallback", "k"))) {
            all = all.then(
                    switch (step.need("function")) {
                        case "take_first" -> Filter.takeFirst();
                        case "take_first_k" ->
                            Filter.takeFirst(step.integer("k").orElse(1));
                        case "remove_whitespace" -> Filter.strip();
                        case "lowercase" -> Filter.lower();
                        case "uppercase" -> Filter.upper();
                        case "majority_vote" -> Filter.majority();
                        case "regex" ->
                            Filter.regex(
                                    pattern(step, step.text("regex_pattern").orElse("#### (\\-?[0-9\\.\\,]+)")),
                                    step.integer("group_select").orElse(0),
                                    step.text("fallback").orElse(Filter.INVALID));
                        default ->
                            throw step.error(
                                    "function",
                                    "must be regex, remove_whitespace, lowercase, uppercase, majority_vote, take_first"
                                            + " or take_first_k");
                    });
        }
        return all;
    }

    private static Pattern pattern(YamlMap where, String text) {
        try {
            return PythonPattern.of(text);
        } catch (PatternSyntaxException e) {
            throw where.error("regex_pattern", "is no pattern: " + e.getDescription());
        }
    }

    private Form.Pipeline pipeline(String name, Filter filter) {
        Map<Metric, ToDoubleBiFunction<String, List<String>>> scores = new LinkedHashMap<>();
        for (YamlMap metric : top.maps("metric_list", METRIC_KEYS)) {
            String kind = metric.need("metric").toLowerCase(Locale.ROOT);
            switch (kind) {
                case "exact_match" -> {
                    List<Pattern> ignored = metric.texts("regexes_to_ignore").stream()
                            .map(text -> pattern(metric, text))
                            .toList();
                    ExactMatch match =
                            new ExactMatch(ignored, metric.truth("ignore_case"), metric.truth("ignore_punctuation"));
                    scores.put(metric(metric, kind, name), match::of);
                }
                case "f1" -> scores.put(metric(metric, kind, name), TokenF1::of);
                default -> throw metric.error("metric", "must be exact_match or f1");
            }
        }
        if (scores.isEmpty()) {
            scores.put(Metric.of("exact_match", name), ExactMatch.STRICT::of);
        }
        return new Form.Pipeline(
                name, filter, (doc, answers) -> marks(scores, doc, answers), List.copyOf(scores.keySet()));
    }

    private static Metric metric(YamlMap metric, String name, String filter) {
        metric.only("aggregation", "mean");
        boolean higher = metric.find("higher_is_better").isEmpty() || metric.truth("higher_is_better");
        return new Metric(name, filter, higher, Metric.Kind.MEAN);
    }

    /** Of several answers that are left, the mean of their marks. */
    private Map<Metric, Double> marks(
            Map<Metric, ToDoubleBiFunction<String, List<String>>> scores, Doc doc, List<String> answers) {
        List<String> golds = targets.apply(doc);
        List<String> left = answers.isEmpty() ? List.of("") : answers;
        Map<Metric, Double> values = new LinkedHashMap<>();
        scores.forEach((metric, score) -> values.put(
                metric,
                left.stream()
                        .mapToDouble(answer -> score.applyAsDouble(answer, golds))
                        .average()
                        .orElse(0)));
        return values;
    }
}
