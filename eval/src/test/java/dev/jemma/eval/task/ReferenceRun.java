package dev.jemma.eval.task;

import dev.jemma.eval.DataFolder;
import dev.jemma.eval.EvaluationOptions;
import dev.jemma.eval.Fixture;
import dev.jemma.eval.Source;
import dev.jemma.eval.Task;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A task as the reference run had it: some rows from other files, some answers shorter. */
record ReferenceRun(Task task, List<JsonNode> items, DataFolder data, EvaluationOptions options) {
    static final String[] NAMES = {
        "piqa",
        "arc_easy",
        "arc_challenge",
        "openbookqa",
        "winogrande",
        "social_iqa",
        "boolq",
        "hellaswag",
        "truthfulqa_mc1",
        "truthfulqa_mc2",
        "mmlu_abstract_algebra",
        "mmlu_anatomy",
        "mmlu_world_religions",
        "agieval_aqua_rat",
        "agieval_logiqa_en",
        "commonsense_qa",
        "triviaqa",
        "nq_open",
        "gsm8k",
        "bbh_cot_fewshot_boolean_expressions",
        "mbpp",
        "humaneval"
    };

    static ReferenceRun of(String name) {
        List<JsonNode> items = Fixture.golden(name);
        Task task = new Benchmarks(Optional.empty()).find(name).getFirst();
        if (name.equals("hellaswag")) {
            task = task.toBuilder()
                    .documents(Source.of("hellaswag/olmo_sample1000"))
                    .build();
        }
        JsonNode first = items.getFirst();
        EvaluationOptions options = EvaluationOptions.DEFAULTS
                .withLimit(items.getLast().path("split_index").asInt() + 1)
                .withShots(first.path("num_fewshot").asInt());
        if (first.has("max_gen_toks")) {
            options = options.withMaxTokens(first.path("max_gen_toks").asInt());
        }
        return new ReferenceRun(task, items, Fixture.data(), options);
    }
}
