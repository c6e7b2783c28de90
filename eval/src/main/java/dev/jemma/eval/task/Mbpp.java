package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import dev.jemma.eval.fewshot.Draw;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * MBPP (Austin et al., 2021): small Python functions from a sentence and three tests. The rows asked are those numbered
 * 11 to 510, the examples 2, 3 and 4.
 */
final class Mbpp {
    private Mbpp() {}

    static Task task(Optional<ProgramJudge> judge) {
        return Task.generation(
                        "mbpp",
                        source("test").then(rows -> numbered(rows, id -> id >= 11 && id <= 510)),
                        doc -> "You are an expert Python programmer, and here is your task: "
                                + doc.text("text") + " Your code should pass these tests:\n\n" + tests(doc)
                                + "\n[BEGIN]\n",
                        doc -> doc.text("code") + "\n[DONE]",
                        new Form.Generation(
                                List.of("[DONE]"),
                                256,
                                Sampling.GREEDY,
                                1,
                                doc -> List.of(tests(doc)),
                                List.of(Programs.passAt(
                                        "none",
                                        "pass_at_",
                                        judge,
                                        (doc, completion) -> completion + "\n" + tests(doc),
                                        1))))
                .pool(source("prompt").then(rows -> numbered(rows, id -> id >= 2 && id <= 4)))
                .order(Draw.Order.FIRST)
                .targetDelimiter("")
                .usualShots(3)
                .suiteShots(3)
                .build();
    }

    /** The one file of all, or that of a split. */
    private static Source source(String split) {
        return Source.of("mbpp/mbpp", "mbpp/full/mbpp", "mbpp/full/" + split);
    }

    private static String tests(Doc doc) {
        return String.join("\n", doc.texts("test_list"));
    }

    private static List<Doc> numbered(List<Doc> rows, IntPredicate chosen) {
        List<Doc> kept = new ArrayList<>();
        for (Doc row : rows) {
            if (chosen.test(row.integer("task_id"))) {
                kept.add(new Doc(kept.size(), row.place(), row.value()));
            }
        }
        return kept;
    }
}
