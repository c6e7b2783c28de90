package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.ExactMatch;
import dev.jemma.eval.metric.Filter;
import java.util.List;

/** Natural Questions, open (Kwiatkowski et al., 2019; Lee et al., 2019): what people ask a search engine. 3610 rows. */
final class NaturalQuestions {
    private static final ExactMatch MATCH =
            new ExactMatch(List.of(Filter.python("\\b(?:The |the |An |A |a |an )")), true, true);

    static final Task TASK = Task.generation(
                    "nq_open",
                    Source.of("natural_questions/NQ-open.dev", "nq_open/validation", "nq_open/nq_open/validation"),
                    doc -> "Q: " + doc.text("question") + "?\nA:",
                    doc -> answers(doc).getFirst(),
                    new Form.Generation(
                            List.of("\n", ".", ","),
                            256,
                            Sampling.GREEDY,
                            1,
                            NaturalQuestions::answers,
                            List.of(Answered.exactMatch(
                                    "remove_whitespace", Filter.strip(), MATCH, NaturalQuestions::answers))))
            .pool(Source.of("natural_questions/NQ-open.train", "nq_open/train", "nq_open/nq_open/train")
                    .orPart("natural_questions/train_heldout_dev"))
            .description("Answer these questions:\n\n")
            .exampleDelimiter("\n")
            .spare(true) // no test split
            .version("4.0")
            .suiteShots(5)
            .build();

    private NaturalQuestions() {}

    private static List<String> answers(Doc doc) {
        List<String> answers = doc.texts(doc.has("answer") ? "answer" : "answers");
        if (answers.isEmpty()) {
            throw doc.error("has no answer");
        }
        return answers;
    }
}
