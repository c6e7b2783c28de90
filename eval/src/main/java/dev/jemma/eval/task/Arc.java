package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;
import static dev.jemma.eval.Form.ChoiceMetric.ACC_NORM;

import dev.jemma.eval.Source;
import dev.jemma.eval.Task;

/** AI2's Reasoning Challenge (Clark et al., 2018): science questions of schools, easy and hard. Test, 2376 and 1172 rows. */
final class Arc {
    static final Task EASY = task("arc_easy", "ARC-Easy");
    static final Task CHALLENGE = task("arc_challenge", "ARC-Challenge");

    private Arc() {}

    private static Task task(String name, String published) {
        return Task.choice(
                        name,
                        Source.of(name + "/test", published + "/test", "ai2_arc/" + published + "/test"),
                        doc -> "Question: " + doc.text("question") + "\nAnswer:",
                        Letters::choices,
                        Letters::gold,
                        ACC,
                        ACC_NORM)
                .pool(Source.of(name + "/train", published + "/train", "ai2_arc/" + published + "/train"))
                .suiteShots(0)
                .build();
    }
}
