package dev.jemma.eval.task;

import dev.jemma.eval.Doc;
import dev.jemma.eval.Form;
import dev.jemma.eval.Sampling;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import java.util.List;
import java.util.Optional;

/** HumanEval (Chen et al., 2021): 164 Python functions to complete from their signature and description. */
final class HumanEval {
    private static final List<String> STOPS = List.of("\nclass", "\ndef", "\n#", "\nif", "\nprint");
    private static final int MAX_TOKENS = 1024;

    private HumanEval() {}

    static List<Task> tasks(Optional<ProgramJudge> judge) {
        return List.of(
                task(
                                "humaneval",
                                Sampling.GREEDY,
                                1,
                                Programs.passAt("create_test", "pass@", judge, HumanEval::program, 1))
                        .suiteShots(0)
                        .build(),
                task(
                                "humaneval_10",
                                new Sampling(0.8, 0.95, 0, 0),
                                10,
                                Programs.passAt("create_test", "pass@", judge, HumanEval::program, 1, 10))
                        .build());
    }

    private static Task.Builder task(String name, Sampling sampling, int samples, Form.Pipeline pipeline) {
        return Task.generation(
                name,
                Source.of("humaneval/HumanEval", "openai_humaneval/openai_humaneval/test", "humaneval/test"),
                doc -> doc.text("prompt"),
                doc -> doc.text("canonical_solution"),
                new Form.Generation(
                        STOPS, MAX_TOKENS, sampling, samples, doc -> List.of(check(doc)), List.of(pipeline)));
    }

    private static String check(Doc doc) {
        return doc.text("test") + "\ncheck(" + doc.text("entry_point") + ")";
    }

    private static String program(Doc doc, String completion) {
        return doc.text("prompt") + completion + "\n" + check(doc);
    }
}
