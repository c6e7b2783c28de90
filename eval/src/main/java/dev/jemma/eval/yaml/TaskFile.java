package dev.jemma.eval.yaml;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

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
    private static final Set<String> METRIC_KEYS = Set.of("metric", "aggregation", "higher_is_better");
    private static final Map<String, String> TEXT_METRICS = Map.of(
            "word_perplexity", "weighted_perplexity",
            "byte_perplexity", "weighted_perplexity",
            "bits_per_byte", "bits_per_byte");
    private static final int WINDOW = 1024;
    private static final Doc NO_ROW = new Doc(0, "a list of choices", JsonNodeFactory.instance.objectNode());

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
            case "loglikelihood_rolling" -> rolling();
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
        if (top.find("description").isPresent()) {
            Function<Doc, String> description = text("description");
            task.describedBy(_ -> description);
        }
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
        return _ -> new DataFolder(folder).rowsOf(name);
    }

    /** The field that has this name, if the row has one; else what the template says. */
    private Function<Doc, String> text(String key) {
        String name = top.need(key);
        Template template = template(key);
        return doc -> doc.has(name) ? PythonValue.str(doc.get(name)) : template.render(doc);
    }

    /** A template, or the bare name of a field. */
    private Template template(String key) {
        String text = top.need(key);
        boolean words = key.equals("doc_to_text") || key.equals("description");
        return Template.of(!words && isName(text) ? "{{" + text + "}}" : text, top.place() + ", " + key);
    }

    private static boolean isName(String text) {
        return text.matches("[A-Za-z_][A-Za-z0-9_]*");
    }

    private Form rolling() {
        forGeneratedAnswers();
        for (YamlMap metric : top.maps("metric_list", METRIC_KEYS)) {
            String aggregation = TEXT_METRICS.getOrDefault(metric.need("metric"), "");
            if (aggregation.isEmpty()) {
                throw metric.error("metric", "must be word_perplexity, byte_perplexity or bits_per_byte");
            }
            metric.only("aggregation", aggregation);
            metric.only("higher_is_better", "false");
        }
        return new Form.Text(text("doc_to_target"), WINDOW);
    }

    private void forGeneratedAnswers() {
        for (String key : List.of("generation_kwargs", "filter_list", "repeats")) {
            if (top.find(key).isPresent()) {
                throw top.error(key, "is only for the output_type generate_until");
            }
        }
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
        forGeneratedAnswers();
        Function<Doc, List<String>> choices;
        if (top.find("doc_to_choice").orElse("") instanceof List<?> list) {
            List<Template> templates = new ArrayList<>();
            list.forEach(text -> templates.add(Template.of(String.valueOf(text), top.place() + ", doc_to_choice")));
            choices = doc ->
                    templates.stream().map(template -> template.render(doc)).toList();
        } else {
            Template template = template("doc_to_choice");
            choices = doc -> doc.texts("doc_to_choice", list(template.value(doc)));
        }
        Template target = template("doc_to_target");
        boolean spelled = !isName(top.need("doc_to_target"));
        List<Form.ChoiceMetric> metrics = new ArrayList<>();
        for (YamlMap metric : top.maps("metric_list", METRIC_KEYS)) {
            metric.only("aggregation", "mean");
            metric.only("higher_is_better", "true");
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
                doc -> List.of(index(doc, target.value(doc), choices.apply(doc), spelled)),
                metrics.isEmpty() ? List.of(Form.ChoiceMetric.ACC, Form.ChoiceMetric.ACC_NORM) : metrics);
    }

    /** A list, or a text that spells one. */
    private JsonNode list(JsonNode value) {
        return value.isString() && value.stringValue().strip().startsWith("[")
                ? Expression.of(value.stringValue().strip(), top.place() + ", doc_to_choice")
                        .value(NO_ROW)
                : value;
    }

    /**
     * The right choice by its number, or by its text.
     *
     * @param spelled whether the answer was put together by a template, where digits are always a number
     */
    private static int index(Doc doc, JsonNode target, List<String> choices, boolean spelled) {
        if (!target.isValueNode()) {
            throw doc.error("the right answer must be a number or a text, and is " + target.getNodeType());
        }
        String text = PythonValue.str(target);
        boolean digits = text.matches("\\d{1,6}");
        int index = choices.indexOf(text);
        if (target.isBoolean() && !spelled) {
            index = target.booleanValue() ? 1 : 0;
        } else if (target.isNumber() || (digits && (spelled || index < 0))) {
            index = target.isNumber() ? (int) target.doubleValue() : Integer.parseInt(text);
        }
        if (index < 0 || index >= choices.size()) {
            throw doc.error("the right answer \"" + text + "\" is none of the choices " + choices);
        }
        return index;
    }

    private Form generation() {
        Template target = template("doc_to_target");
        return GenerationKeys.form(top, doc -> {
            JsonNode value = target.value(doc);
            return value.isArray() ? texts(value) : List.of(target.render(doc));
        });
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(PythonValue.str(element)));
        return texts;
    }
}
