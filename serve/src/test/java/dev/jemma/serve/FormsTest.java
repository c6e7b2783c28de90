package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.Speculation;
import dev.jemma.infer.constraint.Grammar;
import dev.jemma.serve.TinyServer.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Answers that are held to a schema, a pattern or a choice, by a model that knows nothing. */
class FormsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETE = "/v1/completions";

    /** Each has documents of a few hundred tokens at most. */
    private static final List<String> SCHEMAS = List.of(
            "{\"type\": \"object\", \"required\": [\"name\", \"age\"], \"properties\": {\"name\": {\"type\": \"string\","
                    + " \"maxLength\": 10}, \"age\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 130}}}",
            "{\"type\": \"array\", \"items\": {\"enum\": [\"red\", \"green\", 3, null]}, \"minItems\": 1, \"maxItems\": 4}",
            "{\"enum\": [\"yes\", \"no\"]}",
            "{\"const\": {\"a\": [1, \"é\"]}}",
            "{\"type\": [\"boolean\", \"null\"]}",
            "{\"type\": \"string\", \"format\": \"date-time\"}",
            "{\"type\": \"string\", \"format\": \"uuid\"}",
            "{\"type\": \"string\", \"format\": \"ipv4\"}",
            "{\"type\": \"string\", \"pattern\": \"^[A-Z]{2}-\\\\d{4}$\"}",
            "{\"type\": \"number\", \"minimum\": -1.5, \"maximum\": 2.25}",
            "{\"type\": \"integer\", \"multipleOf\": 7, \"minimum\": 0, \"maximum\": 700}",
            "{\"anyOf\": [{\"type\": \"integer\", \"maximum\": 9, \"minimum\": 0}, {\"type\": \"string\", \"maxLength\": 3}]}",
            "{\"oneOf\": [{\"type\": \"null\"}, {\"type\": \"object\", \"properties\": {\"x\": {\"type\": \"boolean\"}},"
                    + " \"required\": [\"x\"], \"additionalProperties\": false}]}",
            "{\"allOf\": [{\"type\": \"integer\", \"minimum\": 3}, {\"maximum\": 5}]}",
            "{\"type\": \"array\", \"prefixItems\": [{\"type\": \"boolean\"}, {\"type\": \"null\"}], \"items\": false,"
                    + " \"minItems\": 2}",
            "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"boolean\"}, \"maxProperties\": 2}",
            "{\"$ref\": \"#/$defs/list\", \"$defs\": {\"list\": {\"type\": \"array\", \"maxItems\": 1, \"items\":"
                    + " {\"$ref\": \"#/$defs/list\"}}}}",
            "{\"type\": \"object\", \"properties\": {\"when\": {\"type\": \"string\", \"format\": \"date\"}, \"tags\":"
                    + " {\"type\": \"array\", \"uniqueItems\": true, \"items\": {\"enum\": [\"a\", \"b\", \"c\"]}}},"
                    + " \"required\": [\"when\", \"tags\"], \"additionalProperties\": false}");

    private static TinyServer tiny;

    @BeforeAll
    static void start() {
        tiny = TinyServer.withFunctions(false, o -> o);
    }

    @AfterAll
    static void stop() {
        tiny.awaitQuiet();
        tiny.awaitMetric("jemma_constraints_in_use", 0);
        tiny.close();
    }

    private static String chat(String fields) {
        return "{\"messages\": [{\"role\": \"user\", \"content\": \"JSON, please\"}], \"temperature\": 1.3,"
                + " \"max_tokens\": 900, " + fields + "}";
    }

    private static String held(String schema) {
        return "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"form\", \"strict\": true,"
                + " \"schema\": " + schema + "}}";
    }

    private static Reply good(Reply reply) {
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply;
    }

    private static String streamed(Reply reply) {
        StringBuilder text = new StringBuilder();
        for (JsonNode event : good(reply).events()) {
            JsonNode choice = event.get("choices").get(0);
            text.append(
                    choice.has("text")
                            ? choice.get("text").asString()
                            : choice.at("/delta/content").asString(""));
        }
        return text.toString();
    }

    @Test
    void everySchemaGivesAValidDocumentWholeAndInPieces() {
        for (String schema : SCHEMAS) {
            Grammar grammar = Grammar.jsonSchema(schema);
            for (int seed = 0; seed < 3; seed++) {
                String fields = held(schema) + ", \"seed\": " + seed;
                Reply reply = good(tiny.post(CHAT, chat(fields)));
                assertThat(reply.json().at("/choices/0/finish_reason").asString())
                        .as(reply.body())
                        .isEqualTo("stop");
                assertThat(grammar.matches(reply.text())).as(reply.text()).isTrue();
                assertThat(TinyServer.JSON.readTree(reply.text())).isNotNull();
                assertThat(streamed(tiny.post(CHAT, chat(fields + ", \"stream\": true"))))
                        .isEqualTo(reply.text());
            }
        }
    }

    @Test
    void theOtherFormsHoldToo() {
        Reply object = good(tiny.post(CHAT, chat("\"response_format\": {\"type\": \"json_object\"}, \"seed\": 1")));
        assertThat(Grammar.jsonSchema("{\"type\": \"object\"}").begins(object.text()))
                .isTrue();
        assertThat(object.text()).startsWith("{");
        Reply text = good(tiny.post(CHAT, chat("\"response_format\": {\"type\": \"text\"}, \"seed\": 1")));
        assertThat(text.text()).isNotEqualTo(object.text());
        String prompt = "{\"prompt\": \"x\", \"temperature\": 1, \"seed\": 3, \"n\": 3, \"max_tokens\": 400, ";
        for (JsonNode choice : good(tiny.post(COMPLETE, prompt + "\"guided_regex\": \"(ab|é){2,5}\\\\d\"}"))
                .json()
                .get("choices")) {
            assertThat(choice.get("text").asString()).matches("(ab|é){2,5}\\d");
        }
        for (JsonNode choice : good(tiny.post(COMPLETE, prompt + "\"guided_choice\": [\"yes\", \"no\", \"no.\"]}"))
                .json()
                .get("choices")) {
            assertThat(choice.get("text").asString()).isIn("yes", "no", "no.");
        }
        for (String form : List.of("{\"enum\": [1, 2]}", "\"{\\\"enum\\\": [1, 2]}\"")) {
            assertThat(good(tiny.post(COMPLETE, prompt + "\"guided_json\": " + form + "}"))
                            .text())
                    .isIn("1", "2");
        }
    }

    @Test
    void anAnswerThatIsCutSaysSo() {
        Reply reply = good(tiny.post(
                CHAT, chat(held("{\"type\": \"string\", \"minLength\": 600}")).replace("900", "20")));
        assertThat(reply.json().at("/choices/0/finish_reason").asString()).isEqualTo("length");
        assertThat(reply.text()).startsWith("\"");
    }

    @Test
    void constrainedAndFreeRequestsOfACrowdGetWhatTheyGetAlone() throws Exception {
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            String form = i % 3 == 0 ? "" : ", " + held(SCHEMAS.get(i % SCHEMAS.size()));
            bodies.add(chat("\"seed\": " + i + ", \"stream\": " + (i % 2 == 0) + form)
                    .replace("900", "120"));
        }
        List<String> alone = new ArrayList<>();
        for (String body : bodies) {
            alone.add(text(tiny.post(CHAT, body)));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> together = new ArrayList<>();
            for (String body : bodies) {
                together.add(threads.submit(() -> text(tiny.post(CHAT, body))));
            }
            for (int i = 0; i < bodies.size(); i++) {
                assertThat(together.get(i).get()).as(bodies.get(i)).isEqualTo(alone.get(i));
            }
        }
    }

    @Test
    void guessingAheadChangesNoAnswer() {
        try (TinyServer guessing =
                TinyServer.start(o -> o.contextLength(4096).speculation(new Speculation.Lookup(8)), Map.of(), o -> o)) {
            for (int i = 0; i < SCHEMAS.size(); i++) {
                String body = chat(held(SCHEMAS.get(i)) + ", \"seed\": " + i);
                assertThat(text(guessing.post(CHAT, body))).isEqualTo(text(tiny.post(CHAT, body)));
            }
            String free = chat("\"seed\": 1").replace("1.3", "0").replace("900", "120");
            assertThat(text(guessing.post(CHAT, free))).isEqualTo(text(tiny.post(CHAT, free)));
        }
    }

    private static String text(Reply reply) {
        return good(reply).body().startsWith("{") ? reply.text() : streamed(reply);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"response_format\": 1 | response_format | an object",
                "\"response_format\": {} | response_format.type | json_schema",
                "\"response_format\": {\"type\": \"json_schema\"} | response_format.json_schema | schema",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\"}}"
                        + " | response_format.json_schema.schema | JSON Schema",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"type\": \"object\","
                        + " \"properties\": {\"a\": {\"not\": {}}}}}} | response_format.json_schema.schema | #/properties/a",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": 7}}"
                        + " | response_format.json_schema.schema | a schema is an object",
                "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"schema\": {\"$ref\":"
                        + " \"http://x/y\"}}} | response_format.json_schema.schema | leaves the document",
                "\"response_format\": {\"type\": \"json_object\", \"schema\": {}} | response_format.schema | unknown",
                "\"guided_regex\": \"(a\" | guided_regex | missing",
                "\"guided_regex\": [\"a\"] | guided_regex | text",
                "\"guided_json\": \"{\" | guided_json | schema",
                "\"guided_choice\": [] | guided_choice | empty",
                "\"guided_choice\": [1] | guided_choice[0] | text",
                "\"guided_regex\": \"a\", \"response_format\": {\"type\": \"json_object\"} | guided_regex | one form",
                "\"guided_grammar\": \"x\" | guided_grammar | unknown",
            })
    void aFormThatIsWrongIsRefusedByItsFieldAndPlace(String fields, String param, String message) {
        Reply reply = tiny.post(CHAT, chat(fields));
        assertThat(reply.status()).as(reply.body()).isEqualTo(400);
        assertThat(reply.error().get("param").asString()).isEqualTo(param);
        assertThat(reply.error().get("message").asString()).contains(message);
    }

    @Test
    void hostileSchemasAreRefusedAndTheNextRequestIsServed() {
        String deep = "{\"items\":".repeat(40) + "{}" + "}".repeat(40);
        StringBuilder many = new StringBuilder("{\"oneOf\": [");
        for (int i = 0; i < 3000; i++) {
            many.append(i == 0 ? "" : ",")
                    .append("{\"type\": \"string\", \"pattern\": \"a{")
                    .append(i)
                    .append("}\"}");
        }
        String doubled = "{\"allOf\": [" + "{\"anyOf\": [{\"minimum\": 1}, {\"maximum\": 2}]},".repeat(30) + "true]}";
        String exponential = "{\"type\": \"string\", \"maxLength\": 9000, \"pattern\": \"(a|b)*a(a|b){9000}\"}";
        StringBuilder automata = new StringBuilder("{\"type\": \"object\", \"properties\": {");
        for (int i = 0; i < 400; i++) {
            automata.append(i == 0 ? "" : ",")
                    .append("\"p" + i + "\": {\"type\": \"string\", \"maxLength\": " + (4000 + i)
                            + ", \"pattern\": \"^[a-z]+$\"}");
        }
        String loop = "{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"$ref\": \"#/$defs/a\"}}}";
        for (String schema : List.of(many + "]}", doubled, exponential, automata + "}}", loop)) {
            Reply reply = tiny.post(CHAT, chat(held(schema)).replace("900", "5"));
            assertThat(reply.status()).as(reply.body()).isEqualTo(400);
            assertThat(reply.error().get("param").asString()).startsWith("response_format");
        }
        assertThat(tiny.post(CHAT, chat(held(deep))).status()).isIn(200, 400);
        for (String pattern : List.of("(a|b)*a(a|b){9000}", "((a{9999}){9999}){9999}", "(.*a.{900}b|.*c.{900}d)+")) {
            Reply reply = tiny.post(
                    CHAT, chat("\"guided_regex\": \"" + pattern + "\"").replace("900,", "40,"));
            assertThat(reply.status()).as(pattern).isIn(200, 400);
        }
        tiny.awaitQuiet();
        tiny.awaitMetric("jemma_constraints_in_use", 0);
        assertThat(good(tiny.post(CHAT, chat(held("{\"enum\": [5]}")))).text()).isEqualTo("5");
    }
}
