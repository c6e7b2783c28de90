package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import java.util.List;

/**
 * GSM8K (Cobbe et al., 2021): sums told as stories, worked out in words. Strict takes the number behind {@code ####},
 * flexible the last number of all. {@code gsm8k_maj8} lets eight sampled answers vote. Test, 1319 rows.
 */
final class Gsm8k {
    private static final ExactMatch MATCH = new ExactMatch(
            List.of(Filter.python(","), Filter.python("\\$"), Filter.python("(?s).*#### "), Filter.python("\\.$")),
            true,
            false);
    private static final Filter STRICT = Filter.regex(Filter.python("#### (\\-?[0-9\\.\\,]+)"), 0);
    private static final Filter FLEXIBLE = Filter.regex(Filter.python("(-?[$0-9.,]{2,})|(-?[0-9]+)"), -1);
    private static final List<String> STOPS = List.of("Question:", "</s>", "<|im_end|>");

    static final Task TASK = task(
            "gsm8k",
            new Form.Generation(
                    STOPS,
                    256,
                    Sampling.GREEDY,
                    1,
                    Gsm8k::targets,
                    List.of(
                            Answered.exactMatch("strict-match", STRICT, MATCH, Gsm8k::targets),
                            Answered.exactMatch("flexible-extract", FLEXIBLE, MATCH, Gsm8k::targets))));

    static final Task MAJORITY = task(
            "gsm8k_maj8",
            new Form.Generation(
                    STOPS,
                    256,
                    new Sampling(0.7, 1, 40, 0),
                    8,
                    Gsm8k::targets,
                    List.of(
                            Answered.exactMatch("maj@8", STRICT.then(Filter.majority()), MATCH, Gsm8k::targets),
                            Answered.exactMatch("score-first", STRICT, MATCH, Gsm8k::targets))));

    private Gsm8k() {}

    private static Task task(String name, Form.Generation form) {
        Task.Builder task = Task.generation(
                        name,
                        Source.of("gsm8k/test", "gsm8k/main/test"),
                        doc -> "Question: " + doc.text("question") + "\nAnswer:",
                        doc -> doc.text("answer"),
                        form)
                .version("3.0")
                .pool(Source.of("gsm8k/train", "gsm8k/main/train"))
                .usualShots(5);
        return name.equals("gsm8k") ? task.suiteShots(5).build() : task.build();
    }

    private static List<String> targets(Doc doc) {
        return List.of(doc.text("answer"));
    }
}
