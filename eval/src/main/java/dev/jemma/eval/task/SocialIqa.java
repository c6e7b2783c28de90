package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;

import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import java.util.List;

/** Social IQa (Sap et al., 2019): what people feel, want or do next. Validation, 1954 rows. */
final class SocialIqa {
    static final Task TASK = Task.choice(
                    "social_iqa",
                    Source.of("siqa/validation", "social_iqa/validation"),
                    doc -> "Q: " + doc.text("context") + " " + doc.text("question") + "\nA:",
                    doc -> List.of(doc.text("answerA"), doc.text("answerB"), doc.text("answerC")),
                    doc -> doc.integer("label") - 1,
                    ACC)
            .pool(Source.of("siqa/train", "social_iqa/train", "social_i_qa/train"))
            .spare(true) // no test split
            .version("0.0")
            .suiteShots(0)
            .build();

    private SocialIqa() {}
}
