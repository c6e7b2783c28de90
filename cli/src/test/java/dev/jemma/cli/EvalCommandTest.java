package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code jemma eval} on a small random model and a few rows. */
class EvalCommandTest {
    @TempDir
    private Path home;

    private final String model = TinyModels.gguf("gemma3-F32");

    @BeforeEach
    void rows() throws IOException {
        Files.createDirectories(home.resolve("data/piqa"));
        Files.createDirectories(home.resolve("data/nq_open"));
        Files.writeString(home.resolve("data/piqa/validation.jsonl"), """
                {"goal": "open a door", "sol1": "push it", "sol2": "sing to it", "label": 0}
                {"goal": "boil water", "sol1": "freeze it", "sol2": "heat it", "label": 1}
                """);
        Files.writeString(
                home.resolve("data/nq_open/validation.jsonl"),
                "{\"question\": \"who\", \"answer\": [\"me\", \"you\"]}\n");
    }

    private Outcome eval(String... more) {
        return evalOf(model, more);
    }

    private Outcome evalOf(String named, String... more) {
        List<String> args = new java.util.ArrayList<>(List.of(
                "eval",
                "-m",
                named,
                "--data",
                home.resolve("data").toString(),
                "--out",
                home.resolve("out").toString()));
        args.addAll(List.of(more));
        return TinyModels.run(home, args.toArray(String[]::new));
    }

    private JsonNode results() throws IOException {
        return Json.parse(Files.readString(home.resolve("out/results.json")));
    }

    @Test
    void aTableIsPrintedAndTheFilesAreThere() throws IOException {
        Outcome run = eval("--tasks", "piqa,nq_open", "--num-fewshot", "0", "--gen-kwargs", "max_gen_toks=4");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("| task")
                .contains("| piqa")
                .contains("acc_norm")
                .contains("exact_match");
        JsonNode results = results();
        assertThat(results.path("results").path("piqa").path("acc,none").isNumber())
                .isTrue();
        assertThat(results.path("results").path("piqa").has("acc_stderr,none")).isTrue();
        assertThat(results.path("results")
                        .path("nq_open")
                        .path("exact_match_stderr,remove_whitespace")
                        .asString())
                .isEqualTo("N/A");
        assertThat(results.path("n-shot").path("piqa").asInt()).isZero();
        assertThat(results.path("n-samples").path("piqa").path("effective").asInt())
                .isEqualTo(2);
        assertThat(results.path("higher_is_better").path("piqa").path("acc").asBoolean())
                .isTrue();
        assertThat(results.path("config")
                        .path("gen_kwargs")
                        .path("max_gen_toks")
                        .asInt())
                .isEqualTo(4);
        assertThat(results.path("environment").path("threads").asInt()).isPositive();
        List<String> samples = Files.readAllLines(home.resolve("out/samples_piqa.jsonl"));
        assertThat(samples).hasSize(2);
        JsonNode second = Json.parse(samples.get(1));
        assertThat(second.path("target").asString()).isEqualTo("1");
        assertThat(second.path("arguments").path("gen_args_1").path("arg_0").asString())
                .isEqualTo("Question: boil water\nAnswer:");
        assertThat(second.path("arguments").path("gen_args_1").path("arg_1").asString())
                .isEqualTo(" heat it");
        assertThat(second.path("acc").isNumber()).isTrue();
    }

    @Test
    void aSecondRunAnswersNothingAnewAndSaysTheSame() throws IOException {
        Outcome first = eval("--tasks", "piqa");
        long answers = Files.size(home.resolve("out/answers.jsonl"));
        Outcome second = eval("--tasks", "piqa");
        assertThat(second.out()).isEqualTo(first.out());
        assertThat(Files.size(home.resolve("out/answers.jsonl"))).isEqualTo(answers);
        eval("--tasks", "piqa", "--exact");
        assertThat(Files.size(home.resolve("out/answers.jsonl")))
                .as("other arithmetic, other answers")
                .isGreaterThan(answers);
    }

    @Test
    void aTextFileHasAPerplexity() throws IOException {
        Path text = home.resolve("book.txt");
        Files.writeString(text, "Once upon a time there was a book. ".repeat(20));
        assertThat(eval("--tasks", "text:" + text).out())
                .contains("text_book.txt")
                .contains("word_perplexity");
        assertThat(results()
                        .path("results")
                        .path("text_book.txt")
                        .path("bits_per_byte,none")
                        .asDouble())
                .isPositive();
    }

    @Test
    void misuseSaysWhatToDo() {
        assertThat(eval().err()).contains("--tasks piqa,arc_easy or --suite gemma");
        Outcome unknown = eval("--tasks", "piqq");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("there is no task 'piqq'").contains("piqa");
        assertThat(eval("--suite", "other").code()).isEqualTo(2);
        assertThat(eval("--tasks", "piqa", "--limit", "0").code()).isEqualTo(2);
        assertThat(eval("--tasks", "piqa", "--fewshot-as-multiturn").code()).isEqualTo(2);
        assertThat(eval("--tasks", "piqa", "--gen-kwargs", "beams=3").err()).contains("not 'beams'");
        Outcome missing = eval("--tasks", "arc_easy");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("arc_easy/test").contains("--data");
        Outcome few = eval("--tasks", "piqa", "--num-fewshot", "2");
        assertThat(few.err()).contains("2 examples are asked for, but there are 1");
        assertThat(eval("--tasks", "piqa", "--tokenizer", model).err()).contains("--tokenizer is for an endpoint");
    }

    /** The model named here does not exist: whoever looks for it first says something else. */
    @Test
    void whatIsMissingIsToldInALineEachBeforeAModelIsOpened() {
        Outcome data = evalOf("no-such-model.gguf", "--tasks", "piqa,arc_easy,mmlu,bbh_cot_fewshot");
        assertThat(data.code()).isEqualTo(1);
        assertThat(data.err().lines()).hasSize(3);
        assertThat(data.err())
                .contains("arc_easy: there is no " + home.resolve("data/arc_easy/test"))
                .contains("mmlu_formal_logic: there is no " + home.resolve("data/mmlu/test/formal_logic"))
                .contains("(and 56 more of its tasks)")
                .contains("bbh_cot_fewshot_boolean_expressions: there is no")
                .contains("jemma eval fetch")
                .doesNotContain("no-such-model");
        assertThat(evalOf("no-such-model.gguf", "--tasks", "piqa").err()).contains("no-such-model");
    }

    @Test
    void whereTheSplitOfExamplesIsMissingItIsSaidWhereTheyComeFrom() throws IOException {
        Outcome own = eval("--tasks", "piqa", "--num-fewshot", "1");
        assertThat(own.code()).as(own.err()).isZero();
        String left = "piqa: there is no " + home.resolve("data/piqa/train")
                + ": examples come from the evaluated rows, the asked one left out";
        assertThat(own.err()).contains(left);
        assertThat(Files.readString(home.resolve("out/table.md"))).contains("- " + left);
        assertThat(results().at("/configs/piqa/fewshot_source").asString())
                .isEqualTo("the evaluated rows, the asked one left out");
        assertThat(Files.readString(home.resolve("out/samples_piqa.jsonl")))
                .contains("Question: boil water\\nAnswer: heat it\\n\\nQuestion: open a door\\nAnswer:");

        Files.copy(home.resolve("data/piqa/validation.jsonl"), home.resolve("data/piqa/train_head300.jsonl"));
        assertThat(eval("--tasks", "piqa", "--num-fewshot", "1").err())
                .contains("examples come from piqa/train_head300.jsonl, a part of it");

        Files.copy(home.resolve("data/piqa/validation.jsonl"), home.resolve("data/piqa/train.jsonl"));
        Outcome whole = eval("--tasks", "piqa", "--num-fewshot", "1");
        assertThat(whole.err()).doesNotContain("examples come from");
        assertThat(results().at("/configs/piqa/fewshot_source").asString()).isEqualTo("piqa/train.jsonl");
    }

    @Test
    void allNamesCanBeListed() {
        Outcome list = eval("--list");
        assertThat(list.out().lines())
                .contains("mmlu", "mmlu_anatomy", "bbh_cot_fewshot", "gsm8k", "winogrande", "agieval_en");
    }
}
