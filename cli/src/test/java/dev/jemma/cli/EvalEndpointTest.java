package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.hub.FakeCompletions;
import dev.jemma.infer.LanguageModel;
import dev.jemma.serve.ServeOptions;
import dev.jemma.serve.ServedModel;
import dev.jemma.serve.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code jemma eval --base-url}, {@code eval compare} and {@code eval fetch}, over a real connection to this machine. */
class EvalEndpointTest {
    private static final String MODEL = TinyModels.gguf("gemma3-F32");

    @TempDir
    private Path home;

    @BeforeEach
    void rows() throws IOException {
        Files.createDirectories(home.resolve("data/piqa"));
        Files.writeString(home.resolve("data/piqa/validation.jsonl"), """
                {"goal": "open a door", "sol1": "push it", "sol2": "sing", "label": 0}
                {"goal": "boil water", "sol1": "heat it", "sol2": "do nothing at all", "label": 1}
                """);
        Files.createDirectories(home.resolve("data/nq_open"));
        Files.writeString(
                home.resolve("data/nq_open/validation.jsonl"), "{\"question\": \"what\", \"answer\": [\"42\"]}\n");
    }

    private record Ended(int code, String out, String err) {}

    private Ended jemma(Map<String, String> environment, String... args) {
        TestConsole console = new TestConsole(environment);
        int code = Jemma.run(console.console(), args);
        return new Ended(code, console.out(), console.err());
    }

    private Ended eval(FakeCompletions server, String... more) {
        return eval(Map.of("KEY", "sesame", "EMPTY", " "), server.url(), more);
    }

    private Ended eval(Map<String, String> environment, String url, String... more) {
        List<String> args = new ArrayList<>(List.of("eval", "--base-url", url, "--model", "m", "--data"));
        args.addAll(List.of(
                home.resolve("data").toString(), "--out", home.resolve("out").toString()));
        args.addAll(List.of(more));
        return jemma(environment, args.toArray(String[]::new));
    }

    private JsonNode results() throws IOException {
        return Json.parse(Files.readString(home.resolve("out/results.json")));
    }

    @Test
    void anEndpointAnswersInsteadOfAModel() throws IOException {
        try (FakeCompletions server = new FakeCompletions()) {
            Ended run = eval(server, "--tasks", "piqa,nq_open", "--num-fewshot", "0");
            assertThat(run.code()).as(run.err()).isZero();
            // every character costs 1: the shorter choice is taken, "sing" and "heat it", both wrong
            assertThat(results().at("/results/piqa/acc,none").asDouble(-1)).isZero();
            assertThat(results()
                            .at("/results/nq_open/exact_match,remove_whitespace")
                            .asDouble())
                    .isEqualTo(1);
            assertThat(results().at("/config/model_args/base_url").asString()).isEqualTo(server.url());
            assertThat(Files.readString(home.resolve("out/table.md"))).contains("| PIQA |");
            assertThat(home.resolve("out/report.html")).exists();
            assertThat(server.seen)
                    .hasSize(5)
                    .allMatch(seen -> seen.authorization().isEmpty());
            Ended again = eval(server, "--tasks", "piqa,nq_open", "--num-fewshot", "0");
            assertThat(again.out()).isEqualTo(run.out());
            assertThat(server.seen).as("nothing is asked twice").hasSize(5);
        }
    }

    @Test
    void withATokenizerPromptsAreTheTokensOfTheLocalEngine() {
        try (FakeCompletions server = new FakeCompletions()) {
            Ended run = eval(server, "--tasks", "piqa,nq_open", "--num-fewshot", "0", "--tokenizer", MODEL);
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(server.seen).allMatch(seen -> seen.body().path("prompt").isArray());
            assertThat(server.seen).allMatch(seen -> seen.body().at("/prompt/0").asInt() == 2);
            Path text = home.resolve("book.txt");
            assertThat(eval(server, "--tasks", "text:" + text).err()).contains("book.txt");
        }
    }

    @Test
    void theKeyComesFromTheVariableAndIsShownNowhere() throws IOException {
        try (FakeCompletions server = new FakeCompletions()) {
            Ended run = eval(server, "--tasks", "piqa", "--api-key-env", "KEY");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(server.seen).allMatch(seen -> seen.authorization().equals("Bearer sesame"));
            assertThat(Files.readString(home.resolve("out/results.json"))).doesNotContain("sesame");
            Ended unset = eval(server, "--tasks", "piqa", "--api-key-env", "EMPTY");
            assertThat(unset.code()).isEqualTo(2);
            assertThat(unset.err()).contains("the variable EMPTY is not set");
            Ended clear = eval(
                    Map.of("KEY", "sesame"),
                    "http://models.example:8080/v1",
                    "--tasks",
                    "piqa",
                    "--api-key-env",
                    "KEY");
            assertThat(clear.err()).contains("in the clear; use https").doesNotContain("sesame");
        }
    }

    @Test
    void aBusyServerIsAskedAgainAndAFailingOneGivenUp() {
        try (FakeCompletions server = new FakeCompletions()) {
            server.statuses.addAll(List.of(429, 503, 500));
            Ended run = eval(server, "--tasks", "piqa", "--concurrency", "1");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(server.seen).hasSize(4 + 3);
        }
        try (FakeCompletions server = new FakeCompletions()) {
            server.statuses.addAll(java.util.Collections.nCopies(100, 500));
            Ended run = eval(server, "--tasks", "piqa", "--tries", "2");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("answers 500, 2 times in a row");
        }
        try (FakeCompletions server = new FakeCompletions()) {
            server.bodies.add("<html>welcome</html>");
            assertThat(eval(server, "--tasks", "piqa").err()).contains("is it an OpenAI-compatible endpoint?");
            server.bodies.set(0, "{\"choices\": [{\"text\": \"hello\"}]}");
            assertThat(eval(server, "--tasks", "piqa").err()).contains("no log-probabilities");
        }
        FakeCompletions gone = new FakeCompletions();
        gone.close();
        assertThat(eval(gone, "--tasks", "piqa", "--tries", "1").err()).contains("cannot be reached");
    }

    @Test
    void aServerOfOurOwnAppliesItsTemplateToConversations() throws IOException {
        Files.writeString(
                home.resolve("data/nq_open/train.jsonl"), "{\"question\": \"who\", \"answer\": [\"me\"]}\n".repeat(3));
        String[] chat = {
            "--tasks",
            "nq_open",
            "--num-fewshot",
            "1",
            "--apply-chat-template",
            "--fewshot-as-multiturn",
            "--system-instruction",
            "Be brief.",
            "--gen-kwargs",
            "max_gen_toks=5"
        };
        String near;
        try (LanguageModel model = LanguageModel.open(Path.of(MODEL));
                Server server = Server.start(
                        List.of(new ServedModel("m", model)),
                        ServeOptions.builder().port(0).build())) {
            Ended run = eval(Map.of(), server.url() + "/v1", chat);
            assertThat(run.code()).as(run.err()).isZero();
            near = Files.readString(home.resolve("out/samples_nq_open.jsonl"));
            assertThat(results().at("/config/model_args/base_url").asString()).isEqualTo(server.url() + "/v1");
            Ended scored = eval(Map.of(), server.url() + "/v1", "--tasks", "piqa", "--apply-chat-template");
            assertThat(scored.code()).isEqualTo(2);
            assertThat(scored.err()).contains("piqa needs log-likelihoods");
        }
        List<String> args = new ArrayList<>(
                List.of("eval", "--model", MODEL, "--data", home.resolve("data").toString()));
        args.addAll(List.of("--out", home.resolve("own").toString()));
        args.addAll(List.of(chat));
        Ended own = jemma(Map.of(), args.toArray(String[]::new));
        assertThat(own.code()).as(own.err()).isZero();
        assertThat(near)
                .as("the same words as the model in this process")
                .isEqualTo(Files.readString(home.resolve("own/samples_nq_open.jsonl")));
    }

    @Test
    void misuseOfEndpointsSaysWhatToDo() {
        Map<String, String> none = Map.of();
        assertThat(eval(none, "ftp://x/v1", "--tasks", "piqa").code()).isEqualTo(2);
        assertThat(eval(none, "http://a b", "--tasks", "piqa").err()).contains("--base-url is not an address");
        assertThat(eval(none, "http://localhost:1/v1", "--tasks", "piqa", "--context", "99")
                        .err())
                .contains("--context needs --tokenizer");
        assertThat(eval(none, "http://localhost:1/v1", "--tasks", "piqa", "--tries", "0")
                        .code())
                .isEqualTo(2);
        assertThat(eval(none, "http://localhost:1/v1", "--tasks", "piqa", "--exact")
                        .err())
                .contains("--exact is for a model of this process");
        assertThat(jemma(none, "eval", "--base-url", "http://localhost:1/v1", "--tasks", "piqa")
                        .err())
                .contains("say with --model");
    }

    @Test
    void twoFoldersAreComparedAsATableOrAsJson() {
        try (FakeCompletions server = new FakeCompletions()) {
            eval(server, "--tasks", "piqa");
        }
        String out = home.resolve("out").toString();
        Ended table = jemma(Map.of(), "eval", "compare", out, out);
        assertThat(table.code()).as(table.err()).isZero();
        assertThat(table.out())
                .contains("| piqa | acc,none | 2 | 0.0000 | 0.0000 | +0.0000 |")
                .contains("| 1.0000 |");
        JsonNode json = Json.parse(
                jemma(Map.of(), "eval", "compare", out, out, "--json").out());
        assertThat(json.at("/lines/0/task").asString()).isEqualTo("piqa");
        Ended missing = jemma(Map.of(), "eval", "compare", out, home.toString());
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("--out folder of a run");
    }

    @Test
    void dataThatCannotBeFetchedIsNamedWithItsAddress() {
        String data = home.resolve("data").toString();
        assertThat(jemma(Map.of(), "eval", "fetch").out())
                .contains("gsm8k")
                .contains("by hand")
                .contains("piqa");
        Ended offline = jemma(Map.of(), "eval", "fetch", "gsm8k", "--offline", "--data", data);
        assertThat(offline.code()).isEqualTo(1);
        assertThat(offline.err())
                .contains("gsm8k/test.jsonl cannot be had")
                .contains("https://")
                .contains("put it at");
        Ended byHand = jemma(Map.of(), "eval", "fetch", "piqa", "--data", data);
        assertThat(byHand.err()).contains("piqa: for examples download the split train");
        assertThat(byHand.out()).contains("piqa: all is there");
        Ended missing = jemma(Map.of(), "eval", "fetch", "boolq", "--data", data);
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err().lines()).hasSize(1);
        assertThat(missing.err())
                .contains("boolq has no fixed address: download the split validation of the data set google/boolq"
                        + " (https://huggingface.co/datasets/google/boolq)")
                .contains("put it at " + home.resolve("data/boolq/data/validation-00000-of-00001.parquet"))
                .contains("or as JSON lines at " + home.resolve("data/boolq/validation.jsonl"));
        assertThat(jemma(Map.of(), "eval", "fetch", "piqq").code()).isEqualTo(2);
    }
}
