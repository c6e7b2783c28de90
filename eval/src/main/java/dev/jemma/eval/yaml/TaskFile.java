package dev.jemma.eval.yaml;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import dev.jemma.eval.metric.TokenF1;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/**
 * A task of one's own, in a small part of the YAML of lm-evaluation-harness. Data files stand under
 * {@code dataset_kwargs: data_files}, relative to the YAML file; texts are {@link Template}s. What is not known is
 * refused by its name, so that nothing of a task is passed over in silence.
 *
 * <pre>
 * task: capitals
 * dataset_kwargs: {data_files: {test: capitals.jsonl}}
 * test_split: test
 * output_type: multiple_choice
 * doc_to_text: "The capital of {{country}} is"
 * doc_to_choice: "{{cities}}"
 * doc_to_target: "{{right}}"
 * metric_list: [{metric: acc}, {metric: acc_norm}]
 * </pre>
 */
public final class TaskFile {
    private static final Set<String> KEYS = Set.of(
            "task",
            "dataset_path",
            "dataset_kwargs",
            "training_split",
            "validation_split",
            "test_split",
            "fewshot_split",
            "fewshot_config",
            "output_type",
            "doc_to_text",
            "doc_to_target",
            "doc_to_choice",
            "metric_list",
            "num_fewshot",
            "description",
            "target_delimiter",
            "fewshot_delimiter",
            "generation_kwargs",
            "filter_list",
            "repeats",
            "metadata");
    private static final Set<String> METRIC_KEYS = Set.of(
            "metric", "aggregation", "higher_is_better", "ignore_case", "ignore_punctuation", "regexes_to_ignore");
    private static final int WINDOW = 1024;

    private final Path file;
    private final YamlMap top;

    private TaskFile(Path file) {
        this.file = file;
        this.top = YamlMap.read(file, KEYS);
    }

    /**
     * Reads a task.
     *
     * @throws dev.jemma.eval.EvalException if it is not one; the message names file and key
     */
    public static Task read(Path file) {
        return new TaskFile(file).task();
    }

    private Task task() {
        Form form = switch (top.need("output_type")) {
            case "multiple_choice" -> choice();
            case "generate_until" -> generation();
            case "loglikelihood_rolling" -> new Form.Text(text("doc_to_target"), WINDOW);
            default ->
                throw top.error("output_type", "must be multiple_choice, generate_until or loglikelihood_rolling");
        };
        Optional<String> evaluated = top.text("test_split").or(() -> top.text("validation_split"));
        Optional<String> examples = top.text("fewshot_split")
                .or(() -> top.text("training_split"))
                .or(() -> top.text("validation_split"))
                .or(() -> top.text("test_split"));
        String split = evaluated.orElseThrow(() -> top.error("test_split", "is missing"));
        Function<Doc, String> prompt = form instanceof Form.Text ? _ -> "" : text("doc_to_text");
        Task.Builder task = Task.of(top.need("task"), source(split), prompt, shown(form), form)
                .version(top.map("metadata", Set.of("version", "description"))
                        .flatMap(metadata -> metadata.text("version"))
                        .orElse("1.0"))
                .spare(Objects.equals(top.text("fewshot_split"), top.text("test_split")))
                .usualShots(top.integer("num_fewshot").orElse(0));
        examples.filter(name -> !name.equals(split)).ifPresent(name -> task.pool(source(name)));
        top.text("description").ifPresent(task::description);
        top.text("target_delimiter").ifPresent(task::targetDelimiter);
        top.text("fewshot_delimiter").ifPresent(task::exampleDelimiter);
        top.map("fewshot_config", Set.of("sampler"))
                .flatMap(c -> c.text("sampler"))
                .ifPresent(sampler -> {
                    switch (sampler) {
                        case "first_n" -> task.order(Draw.Order.FIRST);
                        case "default" -> task.order(Draw.Order.DRAWN);
                        default -> throw top.error("fewshot_config", "has a sampler that is not first_n or default");
                    }
                });
        return task.build();
    }

    private Source source(String split) {
        Set<String> splits = Set.of("train", "validation", "dev", "test");
        YamlMap files = top.map("dataset_kwargs", Set.of("data_files"))
                .flatMap(kwargs -> kwargs.map("data_files", splits))
                .orElseThrow(() -> top.error("dataset_kwargs", "must name the data_files of the splits"));
        String name = files.need(split);
        Path folder = Objects.requireNonNullElse(file.toAbsolutePath().getParent(), Path.of(""));
        String plain = name.replaceFirst("\\.(jsonl|json|parquet|csv|jsonl\\.gz|json\\.gz)$", "");
        return _ -> new DataFolder(folder).rows(List.of(plain));
    }

    private Function<Doc, String> text(String key) {
        Template template = template(key);
        return template::render;
    }

    /** A template, or the bare name of a field. */
    private Template template(String key) {
        String text = top.need(key);
        boolean name = !key.equals("doc_to_text") && text.matches("[A-Za-z_][A-Za-z0-9_]*");
        return Template.of(name ? "{{" + text + "}}" : text, top.place() + ", " + key);
    }

    private Function<Doc, String> shown(Form form) {
        return switch (form) {
            case Form.Choice choice ->
                doc -> choice.choices().apply(doc).get(choice.gold().apply(doc).getFirst());
            case Form.Generation generation ->
                doc -> generation.targets().apply(doc).getFirst();
            default -> text("doc_to_target");
        };
    }

    private Form choice() {
        Function<Doc, List<String>> choices;
        if (top.find("doc_to_choice").orElse("") instanceof List<?> list) {
            List<Template> templates = new ArrayList<>();
            list.forEach(text -> templates.add(Template.of(String.valueOf(text), top.place() + ", doc_to_choice")));
            choices = doc ->
                    templates.stream().map(template -> template.render(doc)).toList();
        } else {
            Template template = template("doc_to_choice");
            choices = doc -> doc.texts("doc_to_choice", template.value(doc));
        }
        Template target = template("doc_to_target");
        List<Form.ChoiceMetric> metrics = new ArrayList<>();
        for (YamlMap metric : top.maps("metric_list", METRIC_KEYS)) {
            metrics.add(
                    switch (metric.need("metric")) {
                        case "acc" -> Form.ChoiceMetric.ACC;
                        case "acc_norm" -> Form.ChoiceMetric.ACC_NORM;
                        case "acc_bytes" -> Form.ChoiceMetric.ACC_BYTES;
                        case "acc_mutual_info" -> Form.ChoiceMetric.ACC_MUTUAL_INFO;
                        default -> throw metric.error("metric", "must be acc, acc_norm, acc_bytes or acc_mutual_info");
                    });
        }
        return new Form.Choice(
                choices,
                doc -> List.of(index(doc, target.value(doc), choices.apply(doc))),
                metrics.isEmpty() ? List.of(Form.ChoiceMetric.ACC, Form.ChoiceMetric.ACC_NORM) : metrics);
    }

    /** The right choice by its number, or by its text. */
    private static int index(Doc doc, JsonNode target, List<String> choices) {
        if (!target.isValueNode()) {
            throw doc.error("the right answer must be a number or a text, and is " + target.getNodeType());
        }
        String text = target.asString();
        int index = choices.indexOf(text);
        if (target.isNumber() || (index < 0 && text.matches("\\d{1,6}"))) {
            index = target.isNumber() ? (int) target.doubleValue() : Integer.parseInt(text);
        }
        if (index < 0 || index >= choices.size()) {
            throw doc.error("the right answer \"" + text + "\" is none of the choices " + choices);
        }
        return index;
    }

    private Form generation() {
        YamlMap kwargs = top.map(
                        "generation_kwargs",
                        Set.of("until", "max_gen_toks", "do_sample", "temperature", "top_p", "top_k"))
                .orElse(new YamlMap(top.place(), Map.of()));
        Template target = template("doc_to_target");
        Function<Doc, List<String>> targets = doc -> {
            JsonNode value = target.value(doc);
            return value.isArray() ? doc.texts("doc_to_target", value) : List.of(target.render(doc));
        };
        List<Form.Pipeline> pipelines = new ArrayList<>();
        List<YamlMap> filters = top.maps("filter_list", Set.of("name", "filter"));
        for (YamlMap named : filters) {
            pipelines.add(pipeline(named.need("name"), filter(named), targets));
        }
        if (filters.isEmpty()) {
            pipelines.add(pipeline("none", Filter.takeFirst(), targets));
        }
        double temperature =
                kwargs.truth("do_sample") ? kwargs.number("temperature").orElse(1.0) : 0;
        Sampling sampling = new Sampling(
                temperature,
                kwargs.number("top_p").orElse(1.0),
                kwargs.integer("top_k").orElse(0),
                0);
        List<String> stops = kwargs.texts("until");
        if (stops.isEmpty()) {
            stops = List.of(top.text("fewshot_delimiter").orElse("\n\n"));
        }
        return new Form.Generation(
                stops,
                kwargs.integer("max_gen_toks").orElse(256),
                sampling,
                top.integer("repeats").orElse(1),
                targets,
                pipelines);
    }

    private static Filter filter(YamlMap named) {
        Filter all = Filter.none();
        for (YamlMap step : named.maps("filter", Set.of("function", "regex_pattern", "group_select", "k"))) {
            all = all.then(
                    switch (step.need("function")) {
                        case "take_first" -> Filter.takeFirst();
                        case "take_first_k" ->
                            Filter.takeFirst(step.integer("k").orElse(1));
                        case "remove_whitespace" -> Filter.strip();
                        case "majority_vote" -> Filter.majority();
                        case "regex" ->
                            Filter.regex(
                                    pattern(step, step.text("regex_pattern").orElse("#### (\\-?[0-9\\.\\,]+)")),
                                    step.integer("group_select").orElse(0));
                        default ->
                            throw step.error(
                                    "function",
                                    "must be regex, remove_whitespace, majority_vote, take_first or take_first_k");
                    });
        }
        return all;
    }

    private static Pattern pattern(YamlMap where, String text) {
        try {
            return Filter.python(text);
        } catch (PatternSyntaxException e) {
            throw where.error("regex_pattern", "is no pattern: " + e.getDescription());
        }
    }

    private Form.Pipeline pipeline(String name, Filter filter, Function<Doc, List<String>> targets) {
        Map<Metric, Function<String, Function<List<String>, Double>>> scores = new LinkedHashMap<>();
        for (YamlMap metric : top.maps("metric_list", METRIC_KEYS)) {
            switch (metric.need("metric").toLowerCase(Locale.ROOT)) {
                case "exact_match" -> {
                    List<Pattern> ignored = metric.texts("regexes_to_ignore").stream()
                            .map(text -> pattern(metric, text))
                            .toList();
                    ExactMatch match =
                            new ExactMatch(ignored, metric.truth("ignore_case"), metric.truth("ignore_punctuation"));
                    scores.put(Metric.of("exact_match", name), answer -> golds -> match.of(answer, golds));
                }
                case "f1" -> scores.put(Metric.of("f1", name), answer -> golds -> TokenF1.of(answer, golds));
                default -> throw metric.error("metric", "must be exact_match or f1");
            }
        }
        if (scores.isEmpty()) {
            scores.put(Metric.of("exact_match", name), answer -> golds -> ExactMatch.STRICT.of(answer, golds));
        }
        return new Form.Pipeline(
                name,
                filter.then(Filter.takeFirst()),
                (doc, answers) -> {
                    String answer = answers.isEmpty() ? "" : answers.getFirst();
                    Map<Metric, Double> values = new LinkedHashMap<>();
                    scores.forEach((metric, score) ->
                            values.put(metric, score.apply(answer).apply(targets.apply(doc))));
                    return values;
                },
                List.copyOf(scores.keySet()));
    }
}
