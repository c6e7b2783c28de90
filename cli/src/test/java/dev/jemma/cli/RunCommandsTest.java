package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** generate, score and perplexity on the small reference models. */
class RunCommandsTest {
    @TempDir
    Path home;

    private final String model = TinyModels.gguf("gemma3-F32");

    private Outcome run(String... args) {
        return TinyModels.run(home, args);
    }

    private static JsonNode golden() {
        try {
            return Json.parse(Files.readString(TinyModels.golden("gemma3/golden.json")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path write(String name, String... lines) throws IOException {
        return Files.write(home.resolve(name), List.of(lines));
    }

    private List<JsonNode> lines(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(Json::parse).toList();
    }

    @Test
    void generateStreamsThePromptAndItsContinuation() {
        Outcome plain = run("generate", "-m", model, "Hello", "-n", "6");
        assertThat(plain.code()).as(plain.err()).isZero();
        assertThat(plain.out()).startsWith("Hello").hasSizeGreaterThan("Hello\n".length());
        assertThat(plain.err())
                .contains("greedy (built in for a base model)")
                .contains("prompt: ")
                .contains("decode: 6");
        assertThat(run("generate", "-m", model, "Hello", "-n", "6").out()).isEqualTo(plain.out());
    }

    @Test
    void aSeedRepeatsASampleAndValuesInForceAreShown() {
        String[] args = {
            "generate", "-m", model, "Hello", "-n", "8", "--temperature", "1.5", "--top-k", "40", "--seed", "7"
        };
        Outcome first = run(args);
        assertThat(first.err()).contains("temperature 1.5, top-k 40, seed 7 (as asked)");
        assertThat(run(args).out()).isEqualTo(first.out());
        args[args.length - 1] = "8";
        assertThat(run(args).out()).isNotEqualTo(first.out());
    }

    @Test
    void jsonCarriesTheEnvironmentAndTheAnswer() {
        JsonNode json = run(
                        "generate",
                        "-m",
                        model,
                        "Hello",
                        "-n",
                        "3",
                        "--logprobs",
                        "2",
                        "--json",
                        "--seed",
                        "5",
                        "--temperature",
                        "1")
                .json();
        assertThat(json.get("environment").get("seed").asLong()).isEqualTo(5);
        assertThat(json.get("environment").get("threads").asInt()).isPositive();
        assertThat(json.get("environment").get("model_sha256").asString()).hasSize(64);
        JsonNode answer = json.get("answers").get(0);
        assertThat(answer.get("finish_reason").asString()).isEqualTo("length");
        assertThat(answer.get("ids")).hasSize(3);
        assertThat(answer.get("logprobs")).hasSize(3);
        assertThat(answer.get("logprobs").get(0).get("top")).hasSize(2);
    }

    @Test
    void aFileOfRequestsGivesTheReferenceTokensInOrder() throws IOException {
        JsonNode greedy = golden().get("greedy");
        List<String> requests = new ArrayList<>();
        greedy.forEach(g -> requests.add("{\"ids\": " + g.get("prompt") + "}"));
        Path in = write("in.jsonl", requests.toArray(String[]::new));
        Path out = home.resolve("out.jsonl");
        Outcome run = run(
                "generate",
                "-m",
                model,
                "--exact",
                "--jsonl",
                in.toString(),
                "--out",
                out.toString(),
                "-n",
                "24",
                "--ignore-eos");
        assertThat(run.code()).as(run.err()).isZero();
        List<JsonNode> results = lines(out);
        assertThat(results).hasSize(greedy.size());
        for (int i = 0; i < results.size(); i++) {
            assertThat(results.get(i).get("ids")).isEqualTo(greedy.get(i).get("tokens"));
        }
    }

    @Test
    void requestsMayBePromptsIdsOrMessagesAndErrorsNameTheLine() throws IOException {
        Path good = write(
                "good.jsonl",
                "{\"prompt\": \"Hello\"}",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}");
        Outcome run = run("generate", "-m", model, "--jsonl", good.toString(), "-n", "2");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines()).hasSize(2);
        Path bad = write("bad.jsonl", "{\"prompt\": \"Hello\"}", "{\"text\": \"x\"}");
        Outcome refused = run("generate", "-m", model, "--jsonl", bad.toString(), "-n", "2");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("bad.jsonl line 2").contains("prompt");
        Path broken = write("broken.jsonl", "{\"prompt\": ");
        assertThat(run("generate", "-m", model, "--jsonl", broken.toString()).err())
                .contains("broken.jsonl line 1: not JSON");
    }

    @Test
    void tooLongAPromptIsRefusedWithBothNumbersBeforeAnythingIsPrinted() {
        Outcome run = run("generate", "-m", model, "Hello", "-n", "4000");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("4000").contains("256");
    }

    @Test
    void answersHaveTheFormThatWasAskedFor() throws IOException {
        Path schema =
                write("schema.json", "{\"type\":\"array\",\"items\":{\"enum\":[1,2]},\"minItems\":2,\"maxItems\":2}");
        Outcome array = run(
                "generate",
                "x",
                "-m",
                model,
                "--json",
                "--samples",
                "3",
                "--temperature",
                "2",
                "--json-schema",
                schema.toString());
        assertThat(array.code()).as(array.err()).isZero();
        Json.parse(array.out()).get("answers").forEach(answer -> {
            assertThat(answer.get("finish_reason").asString()).isEqualTo("stop");
            assertThat(answer.get("text").asString().replaceAll("\\s", "")).matches("\\[[12],[12]\\]");
        });
        Path requests = write("forms.jsonl", "{\"prompt\": \"a\"}", "{\"ids\": [2, 40]}");
        Path out = home.resolve("forms.out");
        Outcome batch = run(
                "generate",
                "-m",
                model,
                "--jsonl",
                requests.toString(),
                "--out",
                out.toString(),
                "--regex",
                "(yes|no)!");
        assertThat(batch.code()).as(batch.err()).isZero();
        assertThat(lines(out))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line.get("text").asString()).matches("(yes|no)!"));
    }

    @Test
    void aFormThatIsWrongIsRefusedBeforeTheModelIsRead() throws IOException {
        Path schema = write("schema.json", "{\"not\": {}}");
        Outcome refused = run("generate", "x", "-m", "no-such-model.gguf", "--json-schema", schema.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("schema #: \"not\" is not supported");
        Outcome pattern = run("generate", "x", "-m", "no-such-model.gguf", "--regex", "a**(");
        assertThat(pattern.err()).contains("a ')' is missing");
        assertThat(run("generate", "x", "-m", model, "--regex", "a", "--json-schema", "b")
                        .code())
                .isEqualTo(2);
        assertThat(run("generate", "x", "-m", model, "--json-schema", "gone.json")
                        .err())
                .contains("gone.json cannot be read");
    }

    @Test
    void impossibleFlagsAreMisuse() {
        assertThat(run("generate", "-m", model, "x", "--top-p", "3").code()).isEqualTo(2);
        assertThat(run("generate", "-m", model, "x", "--jsonl", "y").code()).isEqualTo(2);
        assertThat(run("generate", "-m", model, "x", "-n", "0").code()).isEqualTo(2);
        assertThat(run("generate", "-m", model, "x", "--embedding-scale", "half")
                        .code())
                .isEqualTo(2);
        assertThat(run("score", "-m", model).code()).isEqualTo(2);
        Outcome unknown = run("generate", "-m", model, "x", "--kv-type", "q4_0");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("f32, bf16 or q8_0").contains("'q4_0'");
        Outcome exact = run("generate", "-m", model, "x", "--exact", "--kv-type", "bf16");
        assertThat(exact.code()).isEqualTo(2);
        assertThat(exact.err().strip().lines()).hasSize(1);
        assertThat(exact.err()).contains("--exact").contains("--kv-type");
    }

    @Test
    void keysAndValuesMayBeKeptSmallerByEveryCommandThatRunsAModel() throws IOException {
        Path text = write("text.txt", "Hello world, hello again and again.");
        for (String type : new String[] {"f32", "bf16", "Q8_0"}) {
            Outcome generated = run("generate", "-m", model, "Hello", "-n", "5", "--kv-type", type);
            assertThat(generated.code()).as(generated.err()).isZero();
            Outcome perplexity =
                    run("perplexity", model, text.toString(), "--window", "16", "--kv-type", type, "--json");
            assertThat(perplexity.code()).as(perplexity.err()).isZero();
        }
    }

    @Test
    void guessingAheadGivesTheSameTextAndSaysWhatItBrought() {
        String[] plain = {"generate", "-m", model, "one two one two one two", "-n", "60", "--json"};
        JsonNode want = run(plain).json();
        assertThat(want.get("timing").has("speculation")).isFalse();
        String[][] ways = {
            {"--lookup"}, {"--lookup", "--draft-tokens", "3"}, {"--draft", TinyModels.gguf("gemma3-Q4_0")}
        };
        for (String[] way : ways) {
            String[] args = Stream.concat(Stream.of(plain), Stream.of(way)).toArray(String[]::new);
            Outcome outcome = run(args);
            assertThat(outcome.json().get("answers")).isEqualTo(want.get("answers"));
            JsonNode report = outcome.json().get("timing").get("speculation");
            assertThat(report.get("accepted").asInt()).isPositive();
            assertThat(report.get("proposed").asInt())
                    .isGreaterThanOrEqualTo(report.get("accepted").asInt());
            assertThat(report.get("passes").asInt())
                    .isEqualTo(60 - report.get("accepted").asInt());
            assertThat(outcome.err()).containsPattern("guessed ahead: [0-9]+ of [0-9]+ tokens accepted");
        }
    }

    @Test
    void flagsOfGuessingThatDoNotGoTogetherAreMisuse() {
        assertThat(run("generate", "-m", model, "x", "--lookup", "--draft", model)
                        .code())
                .isEqualTo(2);
        assertThat(run("generate", "-m", model, "x", "--draft-tokens", "3").err())
                .contains("--lookup or --draft");
        assertThat(run("chat", model, "--lookup", "--draft-tokens", "99").err()).contains("1 to 31");
        Outcome embedding = run(
                "generate",
                "-m",
                model,
                "x",
                "--draft",
                TinyModels.folder(home, "embeddinggemma").toString());
        assertThat(embedding.code()).isEqualTo(1);
        assertThat(embedding.err()).contains("an embedding model does not generate text, so it cannot draft");
    }

    @Test
    void traceNamesEveryStepAsTheReferenceFilesDo() {
        Outcome run = run("generate", "-m", model, "Hello", "-n", "1", "--trace");
        assertThat(run.err())
                .contains("hidden.embed ")
                .contains("hidden.layer0 ")
                .contains("hidden.layer6 ")
                .contains("hidden.final_norm")
                .contains("logits ");
    }

    @Test
    void scoreOfIdsIsTheLogProbabilityOfEachNextToken() throws IOException {
        JsonNode ids = golden().get("sequences").get("len24");
        Path in = write("in.jsonl", "{\"ids\": " + ids + "}");
        Path out = home.resolve("out.jsonl");
        Outcome run =
                run("score", "-m", model, "--exact", "--jsonl", in.toString(), "--out", out.toString(), "--top", "512");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode result = lines(out).getFirst();
        assertThat(result.get("token_logprobs")).hasSize(23);
        for (int i = 0; i < 23; i++) {
            JsonNode top = result.get("top").get(i);
            double sum = 0;
            double target = Double.NaN;
            for (int v = 0; v < 512; v++) {
                double logit = top.get("logits").get(v).asDouble();
                sum += Math.exp(logit);
                if (top.get("ids").get(v).asInt() == ids.get(i + 1).asInt()) {
                    target = logit;
                }
            }
            assertThat(result.get("token_logprobs").get(i).asDouble()).isCloseTo(target - Math.log(sum), within(1e-4));
        }
    }

    @Test
    void scoreOfAContinuationIsThatOfItsTokensAfterTheContext() throws IOException {
        Path in = write("in.jsonl", "{\"context\": \"Hello \", \"continuation\": \"world\"}");
        Path out = home.resolve("out.jsonl");
        assertThat(run("score", "-m", model, "--jsonl", in.toString(), "--out", out.toString())
                        .code())
                .isZero();
        JsonNode result = lines(out).getFirst();
        double sum = 0;
        for (JsonNode token : result.get("token_logprobs")) {
            sum += token.asDouble();
        }
        assertThat(result.get("logprob").asDouble()).isCloseTo(sum, within(1e-5));
        JsonNode tokens =
                run("tokenize", "-m", model, " world", "--json").json().findValue("ids");
        assertThat(result.get("tokens")).isEqualTo(tokens);
        assertThat(result.get("greedy").isBoolean()).isTrue();
    }

    @Test
    void scoresOfMoreTextsThanAreUnderwayAtOnceComeInTheirOrder() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 600; i++) {
            all.append("{\"ids\": [2").append(", 7".repeat(1 + i % 5)).append("]}\n");
        }
        Path out = home.resolve("out.jsonl");
        Outcome run = run(
                "score",
                "-m",
                model,
                "--jsonl",
                write("in.jsonl", all.toString()).toString(),
                "--out",
                out.toString());
        assertThat(run.code()).as(run.err()).isZero();
        List<JsonNode> results = lines(out);
        assertThat(results).hasSize(600);
        for (int i = 0; i < 600; i++) {
            assertThat(results.get(i).get("token_logprobs")).hasSize(1 + i % 5);
        }
    }

    @Test
    void perplexityIsTheMeanOverWindowsThatDoNotOverlap() throws IOException {
        Path text = write("text.txt", "Hello world, the quick brown fox jumps over the lazy dog again and again.");
        JsonNode json = run("perplexity", model, text.toString(), "--window", "16", "--exact", "--json")
                .json();
        int tokens = json.get("file_tokens").asInt();
        assertThat(json.get("targets").asInt()).isEqualTo(tokens);
        assertThat(json.get("windows")).hasSize(Math.ceilDiv(tokens, 15));
        double sum = 0;
        for (JsonNode window : json.get("windows")) {
            sum += window.get("mean_nll").asDouble() * window.get("targets").asInt();
        }
        assertThat(json.get("mean_nll").asDouble()).isCloseTo(sum / tokens, within(1e-9));
        assertThat(json.get("perplexity").asDouble())
                .isCloseTo(Math.exp(sum / tokens), within(1e-6 * Math.exp(sum / tokens)));
        Path empty = write("empty.txt");
        assertThat(run("perplexity", model, empty.toString()).err()).contains("is empty");
    }

    @Test
    void aModelsControlCharactersNeverReachATerminal() {
        assertThat(ModelText.harmless("a\u001b[31mb\tc\nd\u009bx\u0007")).isEqualTo("a\uFFFD[31mb\tc\nd\uFFFDx\uFFFD");
    }
}
