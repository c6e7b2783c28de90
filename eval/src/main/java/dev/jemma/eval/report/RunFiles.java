package dev.jemma.eval.report;

import dev.jemma.eval.Answer;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Figure;
import dev.jemma.eval.Form;
import dev.jemma.eval.Group;
import dev.jemma.eval.ItemResult;
import dev.jemma.eval.Request;
import dev.jemma.eval.TaskResult;
import dev.jemma.eval.metric.Metric;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The files of a run, in the shape of EleutherAI's lm-evaluation-harness: {@code results.json} with figures and settings,
 * {@code samples_TASK.jsonl} with every prompt and answer; and two for people, {@code table.md} and {@code report.html}.
 */
public final class RunFiles {
    private static final JsonMapper JSON = new JsonMapper();
    private static final JsonMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private RunFiles() {}

    /** Writes all files of a run into a folder; each appears under its name only when it is whole. */
    public static void write(Path folder, List<TaskResult> results, Map<String, Group> groups, RunFacts facts) {
        try {
            Files.createDirectories(folder);
            for (TaskResult result : results) {
                samples(folder.resolve("samples_" + fileName(result) + ".jsonl"), result);
            }
            whole(folder.resolve("table.md"), PaperTable.of(results, groups, facts));
            Path page = folder.resolve(".report.html.part");
            try (BufferedWriter out = Files.newBufferedWriter(page)) {
                HtmlReport.write(out, results, groups, facts);
            }
            replace(page, folder.resolve("report.html"));
            whole(folder.resolve("results.json"), PRETTY.writeValueAsString(results(results, groups, facts)) + "\n");
        } catch (IOException e) {
            throw new EvalException(folder + " cannot be written: " + e.getMessage(), e);
        }
    }

    private static String fileName(TaskResult result) {
        return result.task().name().replaceAll("[^A-Za-z0-9_.@-]", "_");
    }

    private static void whole(Path file, String text) throws IOException {
        Path part = file.resolveSibling("." + file.getFileName() + ".part");
        Files.writeString(part, text);
        replace(part, file);
    }

    private static void replace(Path part, Path file) throws IOException {
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The content of {@code results.json}. */
    public static ObjectNode results(List<TaskResult> results, Map<String, Group> groups, RunFacts facts) {
        ObjectNode root = JSON.createObjectNode();
        ObjectNode figures = root.putObject("results");
        ObjectNode grouped = root.putObject("groups");
        ObjectNode members = root.putObject("group_subtasks");
        ObjectNode configs = root.putObject("configs");
        ObjectNode versions = root.putObject("versions");
        ObjectNode shots = root.putObject("n-shot");
        ObjectNode better = root.putObject("higher_is_better");
        ObjectNode sizes = root.putObject("n-samples");
        for (TaskResult result : results) {
            String name = result.task().name();
            int asked = result.items().size();
            put(
                    figures.putObject(name).put("name", name).put("alias", name).put("sample_len", asked),
                    result.figures());
            configs.set(name, config(result));
            number(versions, name, result.task().version());
            shots.put(name, result.shots());
            ObjectNode direction = better.putObject(name);
            result.figures().keySet().forEach(metric -> direction.put(metric.name(), metric.higherIsBetter()));
            sizes.putObject(name).put("original", result.rows()).put("effective", asked);
        }
        for (GroupResults group : GroupResults.of(results, groups)) {
            String name = group.group().name();
            put(group(grouped, group), group.figures());
            put(group(figures, group), group.figures());
            versions.put(name, group.group().version());
            group.group().members().forEach(members.withArray(name)::add);
            shared(group.group(), shots);
            shared(group.group(), better);
        }
        root.set("config", config(facts));
        root.put("date", facts.startedMillis() / 1000.0);
        root.put("total_evaluation_time_seconds", String.valueOf(facts.seconds()));
        root.set("environment", JSON.valueToTree(facts.environment()));
        return root;
    }

    private static ObjectNode group(ObjectNode all, GroupResults group) {
        String name = group.group().name();
        ObjectNode node =
                all.putObject(name).put("alias", name).put("name", name).put("sample_len", group.items());
        ObjectNode counts = JSON.createObjectNode();
        group.figures().keySet().forEach(metric -> counts.put(metric.key(), group.items()));
        node.set("sample_count", counts);
        return node;
    }

    /** A version as the reference writes it: a task's is a number if it can be one. */
    private static void number(ObjectNode node, String name, String version) {
        if (version.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
            node.put(name, Double.parseDouble(version));
        } else {
            node.put(name, version);
        }
    }

    /** What the members that are there have in common; of objects, their fields together. Nothing where they differ. */
    private static void shared(Group group, ObjectNode of) {
        List<JsonNode> values = group.members().stream()
                .filter(of::has)
                .map(of::path)
                .distinct()
                .toList();
        if (values.isEmpty()) {
            return;
        }
        if (values.getFirst() instanceof ObjectNode first) {
            ObjectNode all = first.deepCopy();
            values.forEach(value -> value.properties().forEach(field -> all.set(field.getKey(), field.getValue())));
            of.set(group.name(), all);
        } else if (values.size() == 1) {
            of.set(group.name(), values.getFirst());
        }
    }

    private static void put(ObjectNode node, Map<Metric, Figure> figures) {
        figures.forEach((metric, figure) -> {
            node.put(metric.key(), figure.value());
            String error = metric.name() + "_stderr," + metric.filter();
            if (Double.isNaN(figure.error())) {
                node.put(error, "N/A");
            } else {
                node.put(error, figure.error());
            }
        });
    }

    private static ObjectNode config(TaskResult result) {
        ObjectNode node = JSON.createObjectNode()
                .put("task", result.task().name())
                .put("output_type", outputType(result.task().form()))
                .put("target_delimiter", result.task().targetDelimiter())
                .put("fewshot_delimiter", result.task().exampleDelimiter())
                .put("num_fewshot", result.shots());
        if (result.shots() > 0) {
            node.put("fewshot_source", result.origin());
        }
        if (result.task().form() instanceof Form.Generation form) {
            ObjectNode generation = node.putObject("generation_kwargs");
            form.stops().forEach(generation.withArray("until")::add);
            generation
                    .put("max_gen_toks", form.maxTokens())
                    .put("do_sample", form.sampling().temperature() > 0);
            node.put("repeats", form.samples());
        }
        return node;
    }

    private static String outputType(Form form) {
        return switch (form) {
            case Form.Choice _, Form.Partial _ -> "multiple_choice";
            case Form.Generation _ -> "generate_until";
            case Form.Text _ -> "loglikelihood_rolling";
        };
    }

    private static ObjectNode config(RunFacts facts) {
        EvaluationOptions options = facts.options();
        ObjectNode node = JSON.createObjectNode().put("model", "jemma");
        ObjectNode model = node.putObject("model_args").put("pretrained", facts.model());
        facts.modelFacts().forEach((name, value) -> model.set(name, JSON.valueToTree(value)));
        options.limit().ifPresentOrElse(n -> node.put("limit", n), () -> node.putNull("limit"));
        options.shots().ifPresentOrElse(n -> node.put("num_fewshot", n), () -> node.putNull("num_fewshot"));
        node.put("suite", options.suite() ? "gemma" : "")
                .put("apply_chat_template", options.chat())
                .put("fewshot_as_multiturn", options.multiturn())
                .put("system_instruction", options.systemInstruction().orElse(""))
                .put("bootstrap_iters", options.bootstrapRounds())
                .put("fewshot_seed", options.seed());
        ObjectNode generation = node.putObject("gen_kwargs");
        options.maxTokens().ifPresent(n -> generation.put("max_gen_toks", n));
        options.sampling()
                .ifPresent(s -> generation
                        .put("temperature", s.temperature())
                        .put("top_p", s.topP())
                        .put("top_k", s.topK())
                        .put("seed", s.seed()));
        return node;
    }

    private static void samples(Path file, TaskResult result) throws IOException {
        Path part = file.resolveSibling("." + file.getFileName() + ".part");
        try (BufferedWriter out = Files.newBufferedWriter(part)) {
            for (ItemResult item : result.items()) {
                TreeSet<String> filters = new TreeSet<>(item.filtered().keySet());
                if (filters.isEmpty()) {
                    filters.add("none");
                }
                for (String filter : filters) {
                    out.write(JSON.writeValueAsString(sample(item, filter)));
                    out.write('\n');
                }
            }
        }
        replace(part, file);
    }

    private static ObjectNode sample(ItemResult result, String filter) {
        ObjectNode node = JSON.createObjectNode().put("doc_id", result.item().id());
        node.set("doc", result.item().doc().value());
        String target = result.gold().size() == 1 ? result.gold().getFirst() : JSON.writeValueAsString(result.gold());
        node.put("target", target);
        ObjectNode arguments = node.putObject("arguments");
        StringBuilder prompts = new StringBuilder();
        List<Request> requests = result.item().requests();
        for (int i = 0; i < requests.size(); i++) {
            prompts.append(argument(arguments.putObject("gen_args_" + i), requests.get(i)));
        }
        ArrayNode answers = node.putArray("resps");
        result.answers().forEach(answer -> answer(answers.addArray(), answer));
        ArrayNode filtered = node.putArray("filtered_resps");
        List<String> texts = result.filtered().getOrDefault(filter, List.of());
        if (texts.isEmpty()) {
            result.answers().forEach(answer -> answer(filtered, answer));
        } else {
            texts.forEach(filtered::add);
        }
        node.put("filter", filter).put("prediction", result.prediction());
        ArrayNode metrics = node.putArray("metrics");
        result.values().forEach((metric, value) -> {
            if (metric.filter().equals(filter)) {
                metrics.add(metric.name());
                node.put(metric.name(), value);
            }
        });
        return node.put("doc_hash", hash(result.item().doc().value().toString()))
                .put("prompt_hash", hash(prompts.toString()))
                .put("target_hash", hash(target));
    }

    /** Returns the prompt as text. */
    private static String argument(ObjectNode node, Request request) {
        switch (request) {
            case Request.LogLikelihood likelihood ->
                node.put("arg_0", likelihood.prompt().shown()).put("arg_1", likelihood.continuation());
            case Request.Rolling rolling -> node.put("arg_0", rolling.text());
            case Request.Generate generate -> {
                node.put("arg_0", generate.prompt().shown());
                ObjectNode options = node.putObject("arg_1");
                generate.stops().forEach(options.withArray("until")::add);
                options.put("max_gen_toks", generate.maxTokens())
                        .put("temperature", generate.sampling().temperature());
            }
        }
        return node.path("arg_0").asString();
    }

    private static void answer(ArrayNode into, Answer answer) {
        switch (answer) {
            case Answer.Likelihood(double sum, boolean greedy) ->
                into.addArray().add(String.valueOf(sum)).add(greedy ? "True" : "False");
            case Answer.Rolled(double sum, long _) -> into.add(String.valueOf(sum));
            case Answer.Text(String text) -> into.add(text);
        }
    }

    private static String hash(String text) {
        return HexFormat.of().formatHex(sha256(text));
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
