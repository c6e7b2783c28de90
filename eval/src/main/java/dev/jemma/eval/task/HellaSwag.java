package dev.jemma.eval.task;

import static dev.jemma.eval.Form.ChoiceMetric.ACC;
import static dev.jemma.eval.Form.ChoiceMetric.ACC_NORM;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.PythonText;
import java.util.regex.Pattern;

/**
 * HellaSwag (Zellers et al., 2019): which ending continues a scene. Validation, 10042 rows; the rows as published, or
 * with context and label of the activity already put together in {@code query}. Without a train split examples come from
 * the validation rows, the asked one left out.
 */
final class HellaSwag {
    private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]");

    static final Task TASK = Task.choice(
                    "hellaswag",
                    Source.of("hellaswag/validation", "hellaswag/hellaswag_val"),
                    HellaSwag::query,
                    doc -> doc.texts(doc.has("endings") ? "endings" : "choices").stream()
                            .map(doc.has("query") ? HellaSwag::cleaned : HellaSwag::clean)
                            .toList(),
                    doc -> doc.integer(doc.has("label") ? "label" : "gold"),
                    ACC,
                    ACC_NORM)
            .pool(Source.of("hellaswag/train", "hellaswag/hellaswag_train"))
            .spare(true) // no test split
            .suiteShots(0)
            .build();

    private HellaSwag() {}

    private static String query(Doc doc) {
        if (doc.has("query")) {
            return cleaned(doc.text("query"));
        }
        return clean(
                doc.text("activity_label") + ": " + doc.text("ctx_a") + " " + PythonText.capitalize(doc.text("ctx_b")));
    }

    /** Text that was cleaned before its publication, but for a few marks that were forgotten. */
    private static String cleaned(String text) {
        return text.indexOf('[') < 0 ? text : clean(text);
    }

    /** WikiHow's marks go; only one pass over double spaces, as the reference does. */
    private static String clean(String text) {
        String plain = PythonText.strip(text).replace(" [title]", ". ");
        return BRACKETS.matcher(plain).replaceAll("").replace("  ", " ");
    }
}
