package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;
import static dev.jemma.eval.Form.ChoiceMetric.ACC_NORM;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Group;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.math.HendrycksMath;
import dev.jemma.eval.metric.Filter;
import dev.jemma.eval.metric.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * AGIEval (Zhong et al., 2023), its English part: entrance examinations of law schools, colleges and the civil service.
 * The prompt is that of AGIEval's own loader, without examples. The mathematics of {@code agieval_math} is generated.
 */
final class AgiEval {
    private static final Metric ACCURACY = Metric.of("acc");
    private static final List<String> CHOICE = List.of(
            "aqua-rat",
            "gaokao-english",
            "logiqa-en",
            "lsat-ar",
            "lsat-lr",
            "lsat-rc",
            "sat-en-without-passage",
            "sat-en",
            "sat-math");

    private AgiEval() {}

    static List<Task> tasks() {
        List<Task> tasks = new ArrayList<>();
        CHOICE.forEach(file -> tasks.add(choice(file)));
        tasks.add(math());
        return tasks;
    }

    static Group group() {
        List<String> members = new ArrayList<>();
        CHOICE.forEach(file -> members.add(name(file)));
        members.add(members.indexOf("agieval_sat_en_without_passage"), "agieval_math");
        return new Group("agieval_en", members, true, "0.0");
    }

    private static String name(String file) {
        return "agieval_" + file.replace('-', '_');
    }

    private static Task choice(String file) {
        return Task.of(
                        name(file),
                        Source.of("agieval/" + file),
                        AgiEval::query,
                        doc -> doc.texts("options").get(gold(doc).getFirst()),
                        new Form.Choice(doc -> doc.texts("options"), AgiEval::gold, List.of(ACC, ACC_NORM)))
                .suiteShots(0)
                .build();
    }

    private static String query(Doc doc) {
        List<String> options = doc.texts("options");
        int last = options.size() == 1 ? 5 : options.size();
        String passage = doc.has("passage") ? doc.text("passage") : "";
        return passage + "Q: " + doc.text("question") + " Answer Choices: " + String.join(" ", options)
                + "\nA: Among A through " + Letters.letter(last - 1) + ", the answer is";
    }

    /** Letters, one or (in a few sets) several, as text or as a list. */
    private static List<Integer> gold(Doc doc) {
        String label = doc.get("label").isArray() ? String.join("", doc.texts("label")) : doc.text("label");
        List<Integer> gold = label.chars()
                .filter(c -> c >= 'A' && c <= 'Z')
                .mapToObj(c -> c - 'A')
                .toList();
        if (gold.isEmpty()) {
            throw doc.error("\"label\" holds no letter");
        }
        return gold;
    }

    private static Task math() {
        Form.Grader grader = (doc, answers) ->
                Map.of(ACCURACY, HendrycksMath.matchesAgiEval(answers.getFirst(), doc.text("answer")) ? 1.0 : 0.0);
        return Task.generation(
                        "agieval_math",
                        Source.of("agieval/math"),
                        doc -> "Q: " + doc.text("question") + "\nA: The answer is",
                        doc -> doc.text("answer"),
                        new Form.Generation(
                                List.of("Q:"),
                                32,
                                Sampling.GREEDY,
                                1,
                                doc -> List.of(doc.text("answer")),
                                List.of(new Form.Pipeline("none", Filter.none(), grader, List.of(ACCURACY)))))
                .suiteShots(0)
                .build();
    }
}
