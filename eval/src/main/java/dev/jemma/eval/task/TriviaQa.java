package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import java.util.List;

/** TriviaQA (Joshi et al., 2017) without its documents; any alias is right. The task adds a question mark to each. */
final class TriviaQa {
    static final Task TASK = Task.generation(
                    "triviaqa",
                    Source.of(
                            "triviaqa/validation",
                            "triviaqa/validation_unfiltered",
                            "trivia_qa/rc.nocontext/validation"),
                    doc -> "Question: " + doc.text("question") + "?\nAnswer:",
                    doc -> aliases(doc).getFirst(),
                    new Form.Generation(
                            List.of("\n", ".", ","),
                            256,
                            Sampling.GREEDY,
                            1,
                            TriviaQa::aliases,
                            List.of(Answered.exactMatch(
                                    "remove_whitespace",
                                    Filter.strip(),
                                    new ExactMatch(List.of(), true, true),
                                    TriviaQa::aliases))))
            .pool(Source.of("triviaqa/train", "trivia_qa/rc.nocontext/train").orPart("triviaqa/train_head1000"))
            .spare(true) // no test split
            .version("3.0")
            .suiteShots(5)
            .build();

    private TriviaQa() {}

    private static List<String> aliases(Doc doc) {
        List<String> aliases = doc.has("answers")
                ? doc.texts("answers")
                : doc.texts("answer", doc.get("answer").path("aliases"));
        if (aliases.isEmpty()) {
            throw doc.error("has no answer");
        }
        return aliases;
    }
}
