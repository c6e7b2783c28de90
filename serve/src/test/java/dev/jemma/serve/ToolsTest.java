package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.serve.TinyServer.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Calls of functions by models that know nothing: one of FunctionGemma's kind, one that is told in a prompt. */
class ToolsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String WEATHER =
            "{\"type\": \"object\", \"required\": [\"city\"], \"additionalProperties\": false,"
                    + " \"properties\": {\"city\": {\"type\": \"string\", \"maxLength\": 8}, \"days\": {\"type\": \"array\","
                    + " \"maxItems\": 2, \"items\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 7}},"
                    + " \"unit\": {\"enum\": [\"C\", \"F\\\"\"]}}}";
    private static final String TOOLS = "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"weather\","
            + " \"description\": \"The weather.\", \"parameters\": " + WEATHER + "}}, {\"type\": \"function\","
            + " \"function\": {\"name\": \"now\", \"strict\": true}}]";

    private static TinyServer prompted;
    private static TinyServer trained;

    @BeforeAll
    static void start() {
        prompted = TinyServer.withFunctions(false, o -> o);
        trained = TinyServer.withFunctions(true, o -> o);
    }

    @AfterAll
    static void stop() {
        for (TinyServer tiny : List.of(prompted, trained)) {
            tiny.awaitQuiet();
            tiny.awaitMetric("jemma_constraints_in_use", 0);
            tiny.close();
        }
    }

    private static TinyServer server(String kind) {
        return kind.equals("trained") ? trained : prompted;
    }

    private static String ask(String fields) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"Rain?\"}], \"temperature\": 1.2,"
                + " \"max_tokens\": 1500, " + TOOLS + ", " + fields + "}";
    }

    private static JsonNode choice(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().get("choices").get(0);
    }

    private static void valid(ToolAnswer answer) {
        assertThat(answer.finish()).isEqualTo("tool_calls");
        for (String call : answer.calls()) {
            String arguments = call.substring(call.indexOf(' ') + 1);
            if (call.startsWith("now ")) {
                assertThat(arguments).isEqualTo("{}");
                continue;
            }
            assertThat(call).startsWith("weather ");
            JsonNode json = TinyServer.JSON.readTree(arguments);
            assertThat(json.propertyNames()).contains("city").isSubsetOf("city", "days", "unit");
            assertThat(json.get("city").asString().codePoints().count()).isLessThanOrEqualTo(8);
            assertThat(json.path("unit").asString("C")).isIn("C", "F\"");
            json.path("days").forEach(day -> assertThat(day.asInt()).isBetween(1, 7));
            assertThat(json.path("days").size()).isLessThanOrEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void requiredCallsAreValidEveryTimeAndTheSameInAStream(String kind) {
        int several = 0;
        for (int seed = 0; seed < 25; seed++) {
            String fields = "\"tool_choice\": \"required\", \"seed\": " + seed;
            ToolAnswer whole = ToolAnswer.whole(server(kind).post(CHAT, ask(fields)));
            valid(whole);
            assertThat(whole.content()).isEmpty();
            assertThat(ToolAnswer.streamed(server(kind).post(CHAT, ask(fields + ", \"stream\": true"))))
                    .isEqualTo(whole);
            several += whole.calls().size() > 1 ? 1 : 0;
        }
        assertThat(several).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void aNamedFunctionIsTheOneThatIsCalledAndOnlyOnceIfSaid(String kind) {
        for (String choice : List.of(
                "{\"type\": \"function\", \"function\": {\"name\": \"now\"}}",
                "{\"type\": \"allowed_tools\", \"allowed_tools\": {\"mode\": \"required\", \"tools\": [{\"type\":"
                        + " \"function\", \"function\": {\"name\": \"now\"}}]}}")) {
            String fields = "\"tool_choice\": " + choice
                    + ", \"parallel_tool_calls\": false, \"n\": 2, \"logprobs\": true, \"seed\": 1";
            Reply reply = server(kind).post(CHAT, ask(fields));
            assertThat(ToolAnswer.whole(reply)).isEqualTo(new ToolAnswer("", List.of("now {}"), "tool_calls"));
            JsonNode message = choice(reply).get("message");
            assertThat(message.get("content").isNull()).isTrue();
            assertThat(choice(reply).at("/logprobs/content")).isNotEmpty();
            String other = reply.json().at("/choices/1/message/tool_calls/0/id").asString();
            assertThat(message.at("/tool_calls/0/id").asString())
                    .startsWith("call_")
                    .isNotEqualTo(other);
            int entries = 0;
            List<JsonNode> events = server(kind)
                    .post(CHAT, ask(fields.replace("\"n\": 2, ", "") + ", \"stream\": true"))
                    .events();
            for (JsonNode event : events) {
                entries += event.at("/choices/0/logprobs/content").size();
            }
            assertThat(entries).isEqualTo(choice(reply).at("/logprobs/content").size());
        }
    }

    @Test
    void textMayTurnIntoACallWhereItIsLeftToTheModel() {
        String bias = ", \"logit_bias\": {\"" + TinyServer.CALL_START + "\": 3}";
        int calls = 0;
        int both = 0;
        for (int seed = 0; seed < 40; seed++) {
            String fields = "\"seed\": " + seed + bias;
            ToolAnswer whole = ToolAnswer.whole(trained.post(CHAT, ask(fields)));
            assertThat(ToolAnswer.streamed(trained.post(CHAT, ask(fields + ", \"stream\": true"))))
                    .isEqualTo(whole);
            if (!whole.calls().isEmpty()) {
                valid(whole);
                calls++;
                both += whole.content().isEmpty() ? 0 : 1;
            }
        }
        assertThat(calls).isBetween(1, 39);
        assertThat(both).isPositive();
        ToolAnswer text = ToolAnswer.whole(prompted.post(
                CHAT, ask("\"tool_choice\": \"auto\", \"seed\": 1").replace("1500", "60")));
        assertThat(text.calls()).isEmpty();
        assertThat(text.content()).isNotEmpty();
        assertThat(ToolAnswer.streamed(
                        prompted.post(CHAT, ask("\"seed\": 1, \"stream\": true").replace("1500", "60"))))
                .isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void aCallThatIsCutSaysSo(String kind) {
        String fields = "\"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"weather\"}}, \"seed\": 1";
        for (int tokens = 1; tokens < 40; tokens += 3) {
            ToolAnswer whole =
                    ToolAnswer.whole(server(kind).post(CHAT, ask(fields).replace("1500", "" + tokens)));
            assertThat(whole.finish()).isIn("length", "tool_calls");
            assertThat(ToolAnswer.streamed(server(kind)
                            .post(CHAT, ask(fields + ", \"stream\": true").replace("1500", "" + tokens))))
                    .isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void resultsGoBackAndTheConversationGoesOn(String kind) {
        JsonNode message = choice(server(kind).post(CHAT, ask("\"tool_choice\": \"required\", \"seed\": 4")))
                .get("message");
        StringBuilder messages =
                new StringBuilder("{\"messages\": [{\"role\": \"user\", \"content\": \"Rain?\"}, " + message);
        for (JsonNode call : message.get("tool_calls")) {
            messages.append(", {\"role\": \"tool\", \"tool_call_id\": " + call.get("id") + ", \"content\": \"yes\"}");
        }
        String body = messages + "], \"max_tokens\": 20, \"seed\": 1, " + TOOLS + "}";
        Reply reply = server(kind).post(CHAT, body);
        assertThat(choice(reply).at("/finish_reason").asString()).isIn("stop", "length", "tool_calls");
        Reply without = server(kind).post(CHAT, body.replace(", \"tool_call_id\"", ", \"tool_call_idea\""));
        assertThat(without.status()).isEqualTo(400);
        assertThat(without.error().get("param").asString()).isEqualTo("messages[2].tool_call_id");
    }

    @Test
    void callsOfACrowdAreThoseOfEachAlone() throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            bodies.add(ask("\"tool_choice\": \"" + (i % 2 == 0 ? "required" : "auto") + "\", \"seed\": " + i)
                    .replace("1500", "100"));
        }
        for (TinyServer tiny : List.of(prompted, trained)) {
            List<ToolAnswer> alone = new ArrayList<>();
            bodies.forEach(body -> alone.add(ToolAnswer.whole(tiny.post(CHAT, body))));
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<ToolAnswer>> together = new ArrayList<>();
                bodies.forEach(body -> together.add(threads.submit(() -> ToolAnswer.whole(tiny.post(CHAT, body)))));
                for (int i = 0; i < bodies.size(); i++) {
                    assertThat(together.get(i).get()).isEqualTo(alone.get(i));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"tools\": {} | tools | array",
                "\"tools\": [1] | tools[0] | object",
                "\"tools\": [{\"type\": \"custom\", \"custom\": {}}] | tools[0].type | function",
                "\"tools\": [{\"function\": {\"name\": \"a b\"}}] | tools[0].function.name | letters",
                "\"tools\": [{\"function\": {\"name\": \"a\"}}, {\"function\": {\"name\": \"a\"}}] | tools | two functions",
                "\"tools\": [{\"function\": {\"name\": \"a\", \"code\": 1}}] | tools[0].function.code | unknown",
                "\"tools\": [{\"function\": {\"name\": \"a\", \"parameters\": []}}] | tools[0].function.parameters | Schema",
                "\"tools\": [{\"function\": {\"name\": \"a\", \"parameters\": {\"type\": \"array\"}}}]"
                        + " | tools[0].function.parameters.type | object",
                "\"tools\": [{\"function\": {\"name\": \"b\"}}, {\"function\": {\"name\": \"a\", \"parameters\":"
                        + " {\"properties\": {\"x\": {\"if\": {}}}}}}] | tools[1].function.parameters | #/properties/x",
                "\"tools\": [{\"function\": {\"name\": \"a\", \"parameters\": {\"$ref\": \"#\"}}}]"
                        + " | tools[0].function.parameters | refers to itself",
                "\"tool_choice\": \"required\" | tool_choice | declares none",
                "\"parallel_tool_calls\": true | parallel_tool_calls | tools",
                "TOOLS, \"tool_choice\": \"always\" | tool_choice | auto",
                "TOOLS, \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"other\"}}"
                        + " | tool_choice.function.name | declares no function",
                "TOOLS, \"tool_choice\": {\"type\": \"custom\"} | tool_choice.type | function",
                "TOOLS, \"stop\": \"\" | stop | characters",
                "TOOLS, \"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"not\": {}}}}"
                        + " | response_format.json_schema.schema | not",
                "TOOLS, \"guided_json\": \"{\" | guided_json | schema",
                "TOOLS, \"guided_regex\": \"<tool_call>\", \"tool_choice\": \"none\", \"guided_json\": {}"
                        + " | guided_regex | one form",
                "\"functions\": [{\"name\": \"a\"}] | functions | tools",
                "\"function_call\": \"auto\" | function_call | tool_choice",
            })
    void whatIsWrongWithFunctionsIsRefusedByItsName(String fields, String param, String message) {
        String body =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], " + fields.replace("TOOLS", TOOLS) + "}";
        for (TinyServer tiny : List.of(prompted, trained)) {
            Reply reply = tiny.post(CHAT, body);
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            assertThat(reply.error().get("param").asString()).isEqualTo(param);
            assertThat(reply.error().get("message").asString()).contains(message);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"role\": \"tool\", \"content\": \"x\"} | messages[1].tool_call_id",
                "{\"role\": \"tool\", \"content\": \"x\", \"tool_call_id\": \"a\"} | messages[1].tool_call_id",
                "{\"role\": \"function\", \"name\": \"f\", \"content\": \"x\"} | messages[1].role",
                "CALL, {\"role\": \"user\", \"content\": \"x\"} | messages[2]",
                "CALL, {\"role\": \"tool\", \"content\": \"x\", \"tool_call_id\": \"a\", \"name\": \"g\"} | messages[2].name",
                "{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"a\", \"function\": {\"name\": \"f\", \"arguments\":"
                        + " \"[1]\"}}]} | messages[1].tool_calls[0].function.arguments",
                "{\"role\": \"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\"}}]}"
                        + " | messages[1].tool_calls[0].id",
                "{\"role\": \"assistant\", \"tool_calls\": []} | messages[1].content",
                "{\"role\": \"user\", \"content\": \"x\", \"tool_calls\": [1]} | messages[1].tool_calls",
            })
    void aConversationWhoseCallsAndResultsDoNotGoTogetherIsRefused(String messages, String param) {
        String call = "{\"role\": \"assistant\", \"tool_calls\": [{\"id\": \"a\", \"type\": \"function\", \"function\":"
                + " {\"name\": \"f\", \"arguments\": \"{}\"}}]}";
        Reply reply = prompted.post(
                CHAT,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}, " + messages.replace("CALL", call) + "]}");
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.error().get("param").asString()).isEqualTo(param);
    }
}
