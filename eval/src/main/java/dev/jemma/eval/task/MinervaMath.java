package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.EvalException;
import dev.jemma.eval.Form;
import dev.jemma.eval.Group;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import dev.jemma.eval.math.MathVerify;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * MATH (Hendrycks et al., 2021) with the prompt of Minerva: the four worked examples of Lewkowycz et al. (2022),
 * appendix D, which end in a fixed sentence. {@code exact_match} reads the answer in that sentence, {@code math_verify}
 * wherever it stands and in any form. Seven subjects, test, 5000 rows in all.
 */
final class MinervaMath {
    private static final String EXAMPLES = "minerva-examples.jsonl";
    private static final Metric MATCH = Metric.of("exact_match");
    private static final Metric VERIFIED = Metric.of("math_verify");
    private static final Map<String, String> SUBJECTS = subjects();

    private MinervaMath() {}

    private static Map<String, String> subjects() {
        Map<String, String> types = new LinkedHashMap<>();
        types.put("algebra", "Algebra");
        types.put("counting_and_prob", "Counting & Probability");
        types.put("geometry", "Geometry");
        types.put("intermediate_algebra", "Intermediate Algebra");
        types.put("num_theory", "Number Theory");
        types.put("prealgebra", "Prealgebra");
        types.put("precalc", "Precalculus");
        return types;
    }

    static List<Task> tasks() {
        List<Task> tasks = new ArrayList<>();
        SUBJECTS.forEach((name, type) -> tasks.add(task(name, type)));
        return tasks;
    }

    static Group group() {
        return new Group(
                "minerva_math",
                SUBJECTS.keySet().stream().map(name -> "minerva_math_" + name).toList(),
                true,
                "1.0");
    }

    private static Task task(String name, String type) {
        Form.Grader grader = (doc, answers) -> Map.of(
                MATCH,
                matches(answers.getFirst(), doc) ? 1.0 : 0.0,
                VERIFIED,
                MathVerify.matches(answers.getFirst(), doc.text("solution")) ? 1.0 : 0.0);
        return Task.generation(
                        "minerva_math_" + name,
                        Source.of("math/test").then(rows -> of(type, rows)),
                        doc -> "Problem:\n" + doc.text("problem") + "\n\nSolution:",
                        doc -> doc.text("solution"),
                        new Form.Generation(
                                List.of("Problem:"),
                                256,
                                Sampling.GREEDY,
                                1,
                                doc -> List.of(doc.text("solution")),
                                List.of(new Form.Pipeline(
                                        "none", Filter.takeFirst(), grader, List.of(MATCH, VERIFIED)))))
                .version("3.1")
                .pool(_ -> examples())
                .order(Draw.Order.FIRST)
                .usualShots(4)
                .suiteShots(4)
                .build();
    }

    private static boolean matches(String answer, Doc doc) {
        return dev.jemma.eval.math.MinervaMath.matches(answer, doc.text("solution"));
    }

    private static List<Doc> of(String type, List<Doc> rows) {
        List<Doc> kept = new ArrayList<>();
        for (Doc row : rows) {
            if (row.text("type").equals(type)) {
                kept.add(new Doc(kept.size(), row.place(), row.value()));
            }
        }
        return kept;
    }

    private static List<Doc> examples() {
        try (InputStream in = MinervaMath.class.getResourceAsStream(EXAMPLES)) {
            if (in == null) {
                throw new EvalException(EXAMPLES + " is missing from the library");
            }
            JsonMapper json = new JsonMapper();
            List<Doc> docs = new ArrayList<>();
            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .forEach(line -> docs.add(new Doc(docs.size(), EXAMPLES, json.readTree(line))));
            return docs;
        } catch (IOException e) {
            throw new EvalException(EXAMPLES + " cannot be read: " + e.getMessage(), e);
        }
    }
}
