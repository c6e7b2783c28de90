package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;
import static dev.jemma.eval.Form.ChoiceMetric.ACC_NORM;

import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import java.util.List;

/** PIQA (Bisk et al., 2020): which of two ways reaches a goal of everyday physics. Validation, 1838 rows. */
final class Piqa {
    static final Task TASK = Task.choice(
                    "piqa",
                    Source.of("piqa/validation"),
                    doc -> "Question: " + doc.text("goal") + "\nAnswer:",
                    doc -> List.of(doc.text("sol1"), doc.text("sol2")),
                    doc -> doc.integer("label"),
                    ACC,
                    ACC_NORM)
            .pool(Source.of("piqa/train").orPart("piqa/train_head300"))
            .spare(true) // no test split
            .suiteShots(0)
            .build();

    private Piqa() {}
}
