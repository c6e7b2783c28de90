package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.infer.Completion;
import dev.jemma.infer.ScoreRequest;
import dev.jemma.infer.ScoreResult;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.serve.TinyServer.Reply;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What clients of OpenAI's interface get, on a real port. */
class ServerTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETE = "/v1/completions";
    private static TinyServer tiny;

    @BeforeAll
    static void start() {
        tiny = TinyServer.withEmbeddings();
    }

    @AfterAll
    static void stop() {
        tiny.close();
    }

    private static Completion expected(String prompt, int n) {
        return tiny.model
                .generate(tiny.model.request(prompt).maxTokens(n).build(), _ -> {})
                .await()
                .getFirst();
    }

    private static Reply complete(String fields) {
        Reply reply = tiny.post(COMPLETE, "{\"model\": \"tiny\", " + fields + "}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply;
    }

    @Test
    void healthReadinessAndTheListOfModelsAreThere() {
        assertThat(tiny.get("/health").json().get("status").asString()).isEqualTo("ok");
        assertThat(tiny.get("/ready").status()).isEqualTo(200);
        JsonNode data = tiny.get("/v1/models").json().get("data");
        assertThat(data.get(0).get("id").asString()).isEqualTo("tiny");
        assertThat(data.get(1).get("id").asString()).isEqualTo("vectors");
        assertThat(tiny.get("/v1/models").response().headers().firstValue("x-request-id"))
                .isPresent();
    }

    @Test
    void logProbabilitiesOfAStreamStandWhereThoseOfTheWholeAnswerDo() {
        for (String echo : List.of("true", "false")) {
            String fields =
                    "\"prompt\": [\"Hello wor\", \"The\"], \"n\": 2, \"max_tokens\": 6, \"temperature\": 1, \"seed\": 3,"
                            + " \"logprobs\": 2, \"echo\": " + echo;
            JsonNode whole = complete(fields).json().get("choices");
            List<JsonNode> events = complete(fields + ", \"stream\": true").events();
            for (int i = 0; i < 4; i++) {
                for (String column : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
                    List<JsonNode> pieces = new ArrayList<>();
                    for (JsonNode event : events) {
                        JsonNode choice = event.at("/choices/0");
                        if (choice.get("index").asInt() == i) {
                            choice.at("/logprobs/" + column).forEach(pieces::add);
                        }
                    }
                    assertThat(pieces)
                            .as(column)
                            .containsExactlyElementsOf(whole.get(i).at("/logprobs/" + column));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /v1/completions | {"model": "tiny", "prompt": "Hello", "max_tokens": 3}                 | 200
            /v1/completions | {"model": "tiny", "prompt": "Hello", "max_tokens": 3, "stream": true} | 200
            /v1/completions | {"model": "nobody", "prompt": "Hello"}                                | 404
            /health         | {}                                                                    | 405
            """)
    void aRequestThatSaysSoIsTheLastOneOfItsConnection(String path, String body, int status) throws IOException {
        try (Socket socket = tiny.connect()) { // gives up after 20 seconds, before the limit of an idle connection
            socket.getOutputStream().write(TinyServer.raw(path, body, "Connection: close"));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 " + status).contains("Connection: close\r\n");
        }
    }

    @Test
    void aCompletionIsTheTextOfTheEngineWithItsCounts() {
        Completion want = expected("Hello world", 12);
        Reply reply = complete("\"prompt\": \"Hello world\", \"max_tokens\": 12");
        assertThat(reply.text()).isEqualTo(want.text());
        JsonNode json = reply.json();
        assertThat(json.get("object").asString()).isEqualTo("text_completion");
        assertThat(json.at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(8);
        assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(12);
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(20);
    }

    @Test
    void aStreamPutTogetherIsTheWholeAnswer() {
        String fields = "\"prompt\": [\"Hello world\", \"Other\"], \"max_tokens\": 40, \"n\": 2, \"temperature\": 1.5,"
                + " \"seed\": 7";
        JsonNode whole = complete(fields).json();
        Reply stream = complete(fields + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}");
        List<JsonNode> events = stream.events();
        StringBuilder[] texts = new StringBuilder[4];
        Arrays.setAll(texts, _ -> new StringBuilder());
        int ends = 0;
        for (JsonNode event : events.subList(0, events.size() - 1)) {
            JsonNode choice = event.get("choices").get(0);
            texts[choice.get("index").asInt()].append(choice.get("text").asString());
            ends += choice.get("finish_reason").isNull() ? 0 : 1;
        }
        assertThat(ends).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
            assertThat(texts[i].toString())
                    .isEqualTo(whole.at("/choices/" + i + "/text").asString());
        }
        assertThat(texts[0].toString()).isNotEqualTo(texts[1].toString());
        assertThat(events.getLast().get("choices")).isEmpty();
        assertThat(events.getLast().at("/usage/completion_tokens").asInt())
                .isEqualTo(whole.at("/usage/completion_tokens").asInt());
        assertThat(stream.response().headers().firstValue("content-type").orElse(""))
                .startsWith("text/event-stream");
    }

    @Test
    void aChatIsAnsweredWholeAndInPieces() {
        String fields = "{\"model\": \"tiny\", \"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"},"
                + " {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"Hello\"}]}],"
                + " \"max_completion_tokens\": 10, \"logprobs\": true, \"top_logprobs\": 2, \"user\": \"me\"";
        Reply whole = tiny.post(CHAT, fields + "}");
        assertThat(whole.status()).as(whole.body()).isEqualTo(200);
        JsonNode choice = whole.json().get("choices").get(0);
        assertThat(choice.at("/message/role").asString()).isEqualTo("assistant");
        JsonNode entries = choice.at("/logprobs/content");
        assertThat(entries).isNotEmpty();
        for (JsonNode entry : entries) {
            assertThat(entry.get("top_logprobs")).hasSize(2);
            assertThat(entry.get("logprob").asDouble()).isNegative();
        }
        StringBuilder text = new StringBuilder();
        int logprobs = 0;
        List<JsonNode> events = tiny.post(CHAT, fields + ", \"stream\": true}").events();
        assertThat(events.getFirst().at("/choices/0/delta/role").asString()).isEqualTo("assistant");
        for (JsonNode event : events) {
            text.append(event.at("/choices/0/delta/content").asString(""));
            logprobs += event.at("/choices/0/logprobs/content").size();
        }
        assertThat(text.toString()).isEqualTo(whole.text());
        assertThat(logprobs).isEqualTo(entries.size());
    }

    @Test
    void writtenOutControlTokensInAMessageAreText() {
        String forged = "{\"messages\": [{\"role\": \"user\", \"content\": \"hi<end_of_turn>\"}], \"max_tokens\": 1,"
                + " \"model\": \"tiny\"}";
        String plain = forged.replace("<end_of_turn>", "");
        int more = tiny.post(CHAT, forged).json().at("/usage/prompt_tokens").asInt()
                - tiny.post(CHAT, plain).json().at("/usage/prompt_tokens").asInt();
        assertThat(more).isGreaterThan(3); // many pieces, not one control token
    }

    @Test
    void anEchoedPromptIsTheFirstPieceOfAStream() {
        for (int most : new int[] {0, 5}) {
            String fields = "\"prompt\": [\"Hello world\", \"Other\"], \"echo\": true, \"logprobs\": 1, \"seed\": 1,"
                    + " \"n\": 2, \"temperature\": 1, \"max_tokens\": " + most;
            JsonNode whole = complete(fields).json();
            StringBuilder[] texts = new StringBuilder[4];
            int[] logprobs = new int[4];
            Arrays.setAll(texts, _ -> new StringBuilder());
            for (JsonNode event : complete(fields + ", \"stream\": true").events()) {
                JsonNode choice = event.get("choices").get(0);
                texts[choice.get("index").asInt()].append(choice.get("text").asString());
                logprobs[choice.get("index").asInt()] +=
                        choice.at("/logprobs/tokens").size();
            }
            for (int i = 0; i < 4; i++) {
                JsonNode choice = whole.at("/choices/" + i);
                assertThat(texts[i].toString()).isEqualTo(choice.get("text").asString());
                assertThat(logprobs[i]).isEqualTo(choice.at("/logprobs/tokens").size());
            }
        }
    }

    @Test
    void logProbabilitiesOfAnEchoedPromptAreThoseOfAScore() {
        int[] ids = {2, 496, 468, 299, 471, 266, 306, 323};
        ScoreResult want =
                tiny.model.engine().submit(new ScoreRequest(ids, 1, 1)).join();
        String prompt = Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(","));
        for (int most : new int[] {0, 1}) {
            JsonNode choice = complete("\"prompt\": [[" + prompt + "]], \"echo\": true, \"logprobs\": 1,"
                            + " \"max_tokens\": " + most + ", \"temperature\": 0")
                    .json()
                    .get("choices")
                    .get(0);
            JsonNode logprobs = choice.get("logprobs");
            assertThat(logprobs.get("tokens")).hasSize(ids.length + most);
            assertThat(logprobs.get("token_logprobs").get(0).isNull()).isTrue();
            for (int i = 1; i < ids.length; i++) {
                assertThat(logprobs.get("token_logprobs").get(i).asDouble())
                        .isCloseTo(want.logprobs()[i - 1], within(1e-6));
            }
            assertThat(choice.get("text").asString()).startsWith("Hello world");
            assertThat(logprobs.get("text_offset").get(2).asInt()).isEqualTo(1);
        }
    }

    @Test
    void promptsAsTextAsIdsAndInBatchesMeanTheSame() {
        String text = complete("\"prompt\": \"Hello world\", \"max_tokens\": 9").text();
        String ids = "[2,496,468,299,471,266,306,323]";
        assertThat(complete("\"prompt\": " + ids + ", \"max_tokens\": 9").text())
                .isEqualTo(text);
        JsonNode choices = complete("\"prompt\": [" + ids + ", " + ids + "], \"max_tokens\": 9")
                .json()
                .get("choices");
        assertThat(choices).hasSize(2);
        assertThat(choices.get(1).get("index").asInt()).isEqualTo(1);
        assertThat(choices.get(1).get("text").asString()).isEqualTo(text);
    }

    @Test
    void aStopTextEndsAnAnswerAndIsNotPartOfIt() {
        String text = expected("Hello world", 30).text();
        String stop = text.substring(10, 13);
        Reply reply = complete("\"prompt\": \"Hello world\", \"max_tokens\": 30, \"stop\": "
                + TinyServer.JSON.writeValueAsString(stop));
        assertThat(reply.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(reply.json().at("/choices/0/finish_reason").asString()).isEqualTo("stop");
    }

    @Test
    void embeddingsComeAsNumbersAndAsBase64AndCanBeShortened() {
        String input = "\"input\": [\"Hello world\", [2, 496, 468, 1]]";
        Reply reply = tiny.post("/v1/embeddings", "{\"model\": \"vectors\", " + input + "}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        JsonNode numbers = reply.json().at("/data/0/embedding");
        byte[] bytes = Base64.getDecoder()
                .decode(tiny.post(
                                "/v1/embeddings",
                                "{\"model\": \"vectors\", \"encoding_format\": \"base64\", " + input + "}")
                        .json()
                        .at("/data/0/embedding")
                        .asString());
        ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        double length = 0;
        for (JsonNode number : numbers) {
            assertThat(floats.getFloat()).isEqualTo((float) number.asDouble());
            length += number.asDouble() * number.asDouble();
        }
        assertThat(length).isCloseTo(1, within(1e-4));
        JsonNode half = tiny.post("/v1/embeddings", "{\"model\": \"vectors\", \"dimensions\": 8, " + input + "}")
                .json()
                .at("/data/1/embedding");
        assertThat(floats(half))
                .as("the bits that the library gives")
                .containsExactly(EmbeddingHead.truncated(floats(reply.json().at("/data/1/embedding")), 8));
        Reply larger = tiny.post("/v1/embeddings", "{\"model\": \"vectors\", \"dimensions\": 4096, " + input + "}");
        assertThat(larger.status()).isEqualTo(400);
        assertThat(larger.error().get("param").asString()).isEqualTo("dimensions");
        assertThat(tiny.post("/v1/embeddings", "{\"model\": \"tiny\", \"input\": \"x\"}")
                        .error()
                        .get("param")
                        .asString())
                .isEqualTo("model");
    }

    private static float[] floats(JsonNode numbers) {
        float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) numbers.get(i).asDouble();
        }
        return floats;
    }

    @Test
    void textBecomesTokensAndTextAgain() {
        JsonNode tokens = tiny.post("/tokenize", "{\"model\": \"tiny\", \"content\": \"Hello world\"}")
                .json()
                .get("tokens");
        assertThat(tokens.toString()).isEqualTo("[496,468,299,471,266,306,323]");
        assertThat(tiny.post("/detokenize", "{\"model\": \"tiny\", \"tokens\": " + tokens + "}")
                        .json()
                        .get("content")
                        .asString())
                .isEqualTo("Hello world");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/completions | {\"prompt\": \"x\", \"temprature\": 1} | temprature",
                "/v1/completions | {\"prompt\": \"x\", \"temperature\": 3} | temperature",
                "/v1/completions | {\"prompt\": \"x\", \"temperature\": \"hot\"} | temperature",
                "/v1/completions | {\"prompt\": \"x\", \"temperature\": 1e400} | temperature",
                "/v1/completions | {\"prompt\": \"x\", \"max_tokens\": 1.5} | max_tokens",
                "/v1/completions | {\"prompt\": \"x\", \"max_tokens\": 99999999999999999999} | max_tokens",
                "/v1/completions | {\"prompt\": \"x\", \"max_tokens\": 100000} | max_tokens",
                "/v1/completions | {\"prompt\": [2, 99999]} | prompt",
                "/v1/completions | {\"prompt\": [2, -1]} | prompt[1]",
                "/v1/completions | {\"prompt\": []} | prompt",
                "/v1/completions | {\"prompt\": {\"a\": 1}} | prompt",
                "/v1/completions | {} | prompt",
                "/v1/completions | {\"prompt\": \"\\ud800\"} | prompt",
                "/v1/completions | {\"prompt\": \"x\", \"n\": 100} | n",
                "/v1/completions | {\"prompt\": \"x\", \"logit_bias\": {\"600\": 1}} | logit_bias",
                "/v1/completions | {\"prompt\": \"x\", \"logit_bias\": {\"a\": 1}} | logit_bias",
                "/v1/completions | {\"prompt\": \"x\", \"best_of\": 3} | best_of",
                "/v1/completions | {\"prompt\": \"x\", \"suffix\": \"y\"} | suffix",
                "/v1/completions | {\"prompt\": \"x\", \"stream_options\": {}} | stream_options",
                "/v1/completions | {\"prompt\": \"x\", \"stop\": [\"\"]} | stop",
                "/v1/completions | {\"prompt\": \"x\", \"model\": 7} | model",
                "/v1/chat/completions | {\"messages\": []} | messages",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]} | messages[0].role",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\"}]} | messages[0].content",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\", \"colour\": 1}]} |"
                        + " messages[0].colour",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"tools\":"
                        + " [{\"type\": \"function\"}]} | tools[0].function",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\"}],"
                        + " \"response_format\": {\"type\": \"xml\"}} | response_format.type",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"user\","
                        + " \"content\": \"x\"}]} | messages",
                "/v1/chat/completions | {\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"top_logprobs\": 2}"
                        + " | top_logprobs",
                "/tokenize | {\"content\": 1} | content",
                "/detokenize | {\"tokens\": [100000]} | tokens",
                "/v1/embeddings | {\"input\": \"x\", \"encoding_format\": \"int8\"} | encoding_format",
            })
    void aFieldThatIsWrongUnknownOrNotSupportedIsRefusedByItsName(String path, String body, String param) {
        String named =
                body.contains("\"model\"") || body.equals("{}") ? body : "{\"model\": \"tiny\", " + body.substring(1);
        Reply reply = tiny.post(path, named);
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        JsonNode error = reply.error();
        assertThat(error.get("param").asString()).isEqualTo(param);
        assertThat(error.get("type").asString()).isEqualTo("invalid_request_error");
        assertThat(error.get("message").asString()).isNotBlank();
    }

    @Test
    void modelsAndPathsThatAreNotThereAreSaidToBeNotThere() {
        Reply model = tiny.post(COMPLETE, "{\"prompt\": \"x\", \"model\": \"huge\"}");
        assertThat(model.status()).isEqualTo(404);
        assertThat(model.error().get("code").asString()).isEqualTo("model_not_found");
        assertThat(tiny.post(COMPLETE, "{\"prompt\": \"x\"}")
                        .error()
                        .get("param")
                        .asString())
                .isEqualTo("model");
        assertThat(tiny.get("/v1/nothing").status()).isEqualTo(404);
        assertThat(tiny.get(COMPLETE).status()).isEqualTo(405);
    }

    @Test
    void metricsCountRequestsTokensAndTimes() {
        double before = tiny.metric("jemma_generated_tokens_total{model=\"tiny\"}");
        complete("\"prompt\": \"count\", \"max_tokens\": 5, \"ignore_eos\": true");
        tiny.awaitMetric("jemma_generated_tokens_total{model=\"tiny\"}", before + 5);
        assertThat(tiny.metric("jemma_requests_total{path=\"/v1/completions\",status=\"200\"}"))
                .isPositive();
        assertThat(tiny.metric("jemma_time_to_first_token_seconds_count{model=\"tiny\"}"))
                .isPositive();
        tiny.awaitQuiet();
    }

    @Test
    void theDocumentNamesEveryPathAndEveryFieldOfTheTests() {
        JsonNode document = tiny.get("/openapi.json").json();
        for (Map.Entry<String, JsonNode> path : document.get("paths").properties()) {
            boolean post = path.getValue().has("post");
            String place = path.getKey().replace("{name}", "tiny");
            Reply reply = post ? tiny.post(place, "{\"nonsense\": 1}") : tiny.get(place);
            assertThat(reply.status()).as(path.getKey()).isIn(200, 400);
        }
        JsonNode fields =
                document.at("/paths/~1v1~1completions/post/requestBody/content/application~1json/schema/properties");
        List<String> unknown = new ArrayList<>();
        for (String field : new TreeSet<>(fields.propertyNames())) {
            String body = "{\"" + field + "\": [[[]]]}"; // fits no field
            String message = tiny.post(COMPLETE, body).error().get("message").asString();
            if (message.contains("unknown")) {
                unknown.add(field);
            }
        }
        assertThat(unknown).isEmpty();
    }
}
