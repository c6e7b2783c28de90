package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import java.util.List;
import java.util.stream.IntStream;

/** BoolQ (Clark et al., 2019): yes or no, after a passage. Validation, 3270 rows. */
final class BoolQ {
    static final Task TASK = Task.choice(
                    "boolq",
                    Source.of("boolq/validation", "super_glue/boolq/validation"),
                    doc -> doc.text("passage") + "\nQuestion: " + doc.text("question") + "?\nAnswer:",
                    _ -> List.of("no", "yes"),
                    BoolQ::gold,
                    ACC)
            .pool(Source.of("boolq/train", "super_glue/boolq/train")
                    .orPart("boolq/train_head300")
                    .then(BoolQ::taken))
            .spare(true) // no test split
            .version("2.0")
            .suiteShots(0)
            .build();

    private BoolQ() {}

    private static int gold(Doc doc) {
        if (doc.has("label")) {
            return doc.integer("label");
        }
        return doc.text("answer").equalsIgnoreCase("true") ? 1 : 0;
    }

    /** Rows that hold passage and question as one text, {@code PASSAGE\nQuestion: QUESTION?\nAnswer:}, are taken apart. */
    private static List<Doc> taken(List<Doc> rows) {
        return IntStream.range(0, rows.size()).mapToObj(i -> apart(rows.get(i))).toList();
    }

    private static Doc apart(Doc doc) {
        if (doc.has("passage") || !doc.has("query")) {
            return doc;
        }
        String query = doc.text("query");
        int question = query.lastIndexOf("\nQuestion: ");
        int end = query.lastIndexOf("?\nAnswer:");
        if (question < 0 || end < question) {
            throw doc.error("\"query\" must read PASSAGE, Question: …?, Answer:");
        }
        List<String> choices = doc.texts("choices");
        var row = tools.jackson.databind.node.JsonNodeFactory.instance
                .objectNode()
                .put("passage", query.substring(0, question))
                .put("question", query.substring(question + "\nQuestion: ".length(), end))
                .put("answer", choices.get(doc.integer("gold")).equals("yes"));
        return new Doc(doc.index(), doc.place(), row);
    }
}
