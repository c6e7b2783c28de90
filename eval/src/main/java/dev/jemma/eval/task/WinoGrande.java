package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.metric.PythonText;
import java.util.List;

/**
 * WinoGrande XL (Sakaguchi et al., 2020): which of two names a blank stands for. Partial scoring: the text up to and with
 * the name is the context, what follows is scored. Validation, 1267 rows.
 */
final class WinoGrande {
    static final Task TASK = Task.of(
                    "winogrande",
                    Source.of("winogrande/validation", "winogrande/winogrande_xl/validation", "winogrande/dev"),
                    doc -> contexts(doc).get(gold(doc)),
                    WinoGrande::ending,
                    new Form.Partial(WinoGrande::contexts, WinoGrande::ending, WinoGrande::gold))
            .pool(Source.of("winogrande/train", "winogrande/winogrande_xl/train", "winogrande/train_xl")
                    .orPart("winogrande/train_head300"))
            .spare(true) // no test split
            .suiteShots(0)
            .build();

    private WinoGrande() {}

    private static int blank(Doc doc) {
        int at = doc.text("sentence").indexOf('_');
        if (at < 0) {
            throw doc.error("\"sentence\" has no blank _");
        }
        return at;
    }

    private static List<String> contexts(Doc doc) {
        String before = doc.text("sentence").substring(0, blank(doc));
        return List.of(before + doc.text("option1"), before + doc.text("option2"));
    }

    private static String ending(Doc doc) {
        return PythonText.strip(doc.text("sentence").substring(blank(doc) + 1));
    }

    private static int gold(Doc doc) {
        return doc.integer("answer") - 1;
    }
}
