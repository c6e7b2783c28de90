package dev.jemma.eval.task;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.Doc;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Form;
import dev.jemma.eval.Group;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * BIG-Bench Hard (Suzgun et al., 2023): 27 tasks with three worked examples each, which stand with the task's description
 * in its file of {@code cot-prompts}. {@code bbh_cot_fewshot_*} asks for the chain of thought, {@code bbh_fewshot_*} for
 * the answer alone. 6511 rows. Both stop at any capital Q, as the reference does. The reference compares the direct
 * answer with the space that it begins with, so that hardly any is right; that is the figure {@code none} here too, and
 * {@code remove_whitespace} is the one that tells something.
 */
final class BigBenchHard {
    private static final String THINK = "\nA: Let's think step by step.\n";
    /** In the file of sports_understanding the chain goes on in the same line; the reference begins a new one there too. */
    private static final Pattern SHOWN_THINK = Pattern.compile("\nA: Let's think step by step\\.[ \n]");

    private static final Pattern ANSWER = Filter.python("(?<=the answer is )(.*)(?=.)");
    private static final List<String> STOPS = List.of("</s>", "Q", "\n\n");
    private static final List<String> NAMES = List.of(
            "boolean_expressions",
            "causal_judgement",
            "date_understanding",
            "disambiguation_qa",
            "dyck_languages",
            "formal_fallacies",
            "geometric_shapes",
            "hyperbaton",
            "logical_deduction_five_objects",
            "logical_deduction_seven_objects",
            "logical_deduction_three_objects",
            "movie_recommendation",
            "multistep_arithmetic_two",
            "navigate",
            "object_counting",
            "penguins_in_a_table",
            "reasoning_about_colored_objects",
            "ruin_names",
            "salient_translation_error_detection",
            "snarks",
            "sports_understanding",
            "temporal_sequences",
            "tracking_shuffled_objects_five_objects",
            "tracking_shuffled_objects_seven_objects",
            "tracking_shuffled_objects_three_objects",
            "web_of_lies",
            "word_sorting");

    private BigBenchHard() {}

    static List<Task> tasks() {
        List<Task> tasks = new ArrayList<>();
        NAMES.forEach(name -> tasks.add(chain(name)));
        NAMES.forEach(name -> tasks.add(direct(name)));
        return tasks;
    }

    static List<Group> groups() {
        return List.of(
                new Group(
                        "bbh_cot_fewshot",
                        NAMES.stream().map(name -> "bbh_cot_fewshot_" + name).toList(),
                        true,
                        "3.0"),
                new Group(
                        "bbh_fewshot",
                        NAMES.stream().map(name -> "bbh_fewshot_" + name).toList(),
                        true,
                        "3.0"));
    }

    private static Task chain(String name) {
        return common(
                        Task.generation(
                                "bbh_cot_fewshot_" + name,
                                Source.of("bbh/" + name),
                                doc -> "Q: " + doc.text("input") + THINK,
                                doc -> doc.text("chain"),
                                form(
                                        1024,
                                        Answered.exactMatch(
                                                "get-answer",
                                                Filter.regex(ANSWER, 0),
                                                ExactMatch.STRICT,
                                                BigBenchHard::targets))),
                        name)
                .version("4.0")
                .targetDelimiter("")
                .suiteShots(3)
                .build();
    }

    private static Task direct(String name) {
        return common(
                        Task.generation(
                                "bbh_fewshot_" + name,
                                Source.of("bbh/" + name),
                                doc -> "Q: " + doc.text("input") + "\nA:",
                                doc -> doc.text("target"),
                                form(
                                        256,
                                        Answered.exactMatch(
                                                "none", Filter.none(), ExactMatch.STRICT, BigBenchHard::targets),
                                        Answered.exactMatch(
                                                "remove_whitespace",
                                                Filter.strip(),
                                                ExactMatch.STRICT,
                                                BigBenchHard::targets))),
                        name)
                .version("2.0")
                .build();
    }

    private static Form.Generation form(int maxTokens, Form.Pipeline... pipelines) {
        return new Form.Generation(STOPS, maxTokens, Sampling.GREEDY, 1, BigBenchHard::targets, List.of(pipelines));
    }

    private static Task.Builder common(Task.Builder task, String name) {
        return task.pool(folder -> examples(folder, name))
                .order(Draw.Order.FIRST)
                .description((DataFolder folder) -> blocks(folder, name).getFirst() + "\n\n")
                .usualShots(3);
    }

    private static List<String> targets(Doc doc) {
        return List.of(doc.text("target"));
    }

    /** The description, then question and answer of each example, {@code Q: } left out. */
    private static List<String> blocks(DataFolder folder, String name) {
        String text = folder.text("bbh/cot-prompts/" + name + ".txt");
        int start = text.indexOf("-----\n"); // below the notice that this is a benchmark
        return List.of(text.substring(start < 0 ? 0 : start + "-----\n".length())
                .strip()
                .split("\n\nQ: ", -1));
    }

    private static List<Doc> examples(DataFolder folder, String name) {
        List<String> blocks = blocks(folder, name);
        List<Doc> docs = new ArrayList<>();
        for (String block : blocks.subList(1, blocks.size())) {
            Matcher think = SHOWN_THINK.matcher(block);
            Matcher answer = Pattern.compile("the answer is (.*)\\.$").matcher(block.strip());
            if (!think.find() || !answer.find()) {
                throw new EvalException("bbh/cot-prompts/" + name + ".txt: example " + (docs.size() + 1)
                        + " must read Q: …, A: Let's think step by step., …, So the answer is X.");
            }
            var row = JsonNodeFactory.instance
                    .objectNode()
                    .put("input", block.substring(0, think.start()))
                    .put("chain", block.substring(think.end()))
                    .put("target", answer.group(1));
            docs.add(new Doc(docs.size(), "bbh/cot-prompts/" + name + ".txt example " + (docs.size() + 1), row));
        }
        return docs;
    }
}
