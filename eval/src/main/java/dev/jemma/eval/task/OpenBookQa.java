package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;
import static dev.jemma.eval.Form.ChoiceMetric.ACC_NORM;

import dev.jemma.eval.Source;
import dev.jemma.eval.Task;

/** OpenBookQA (Mihaylov et al., 2018): elementary science without the book. Test, 500 rows. */
final class OpenBookQa {
    static final Task TASK = Task.choice(
                    "openbookqa",
                    Source.of("openbookqa/test", "openbookqa/main/test"),
                    doc -> doc.text(doc.has("question_stem") ? "question_stem" : "question"),
                    Letters::choices,
                    Letters::gold,
                    ACC,
                    ACC_NORM)
            .pool(Source.of("openbookqa/train", "openbookqa/main/train"))
            .suiteShots(0)
            .build();

    private OpenBookQa() {}
}
