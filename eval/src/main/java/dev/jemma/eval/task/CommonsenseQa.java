package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.PythonText;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** CommonsenseQA (Talmor et al., 2019): five choices by letter. Validation, 1221 rows. */
final class CommonsenseQa {
    static final Task TASK = Task.choice(
                    "commonsense_qa",
                    Source.of("commonsenseqa/dev_rand_split", "commonsense_qa/validation"),
                    doc -> "Question: " + PythonText.strip(question(doc)) + "\n" + Letters.lines(choices(doc))
                            + "\nAnswer:",
                    doc -> Letters.first(choices(doc).size()),
                    doc -> "ABCDE".indexOf(doc.text("answerKey")),
                    ACC)
            .pool(Source.of("commonsenseqa/train_rand_split", "commonsense_qa/train")
                    .orPart("commonsenseqa/train_head1000"))
            .spare(true) // no test split
            .version("Yaml")
            .suiteShots(7)
            .build();

    private CommonsenseQa() {}

    private static String question(Doc doc) {
        JsonNode question = doc.get("question");
        return doc.text("question", question.isObject() ? question.path("stem") : question);
    }

    private static List<String> choices(Doc doc) {
        JsonNode question = doc.get("question");
        if (!question.isObject()) {
            return Letters.choices(doc);
        }
        List<String> texts = new ArrayList<>();
        question.path("choices").forEach(choice -> texts.add(doc.text("question", choice.path("text"))));
        return texts;
    }
}
