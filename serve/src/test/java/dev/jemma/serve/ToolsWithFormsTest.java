package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.constraint.Grammar;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Forms and stop texts beside functions that may be called: frameworks send both. */
class ToolsWithFormsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String SCHEMA =
            "{\"type\": \"object\", \"required\": [\"sky\"], \"additionalProperties\": false,"
                    + " \"properties\": {\"sky\": {\"enum\": [\"<tool_call>\", \"<tool_call>{\"]}}}";
    private static final String FORM =
            "\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"s\", \"schema\": " + SCHEMA
                    + "}}, ";
    private static final String TOOLS = "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"pick\","
            + " \"parameters\": {\"type\": \"object\", \"required\": [\"n\"], \"additionalProperties\": false,"
            + " \"properties\": {\"n\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9}, \"why\":"
            + " {\"type\": \"string\", \"maxLength\": 6}}}}}], ";

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

    /** The answer, which is the same in a stream. */
    private static ToolAnswer ask(String kind, String fields) {
        return ask(kind, 900, fields);
    }

    private static ToolAnswer ask(String kind, int most, String fields) {
        TinyServer tiny = kind.equals("trained") ? trained : prompted;
        String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"The sky?\"}], \"temperature\": 1.2,"
                + " \"max_tokens\": " + most + ", \"parallel_tool_calls\": false, " + TOOLS + fields;
        ToolAnswer whole = ToolAnswer.whole(tiny.post(CHAT, body + "}"));
        assertThat(ToolAnswer.streamed(tiny.post(CHAT, body + ", \"stream\": true}")))
                .as(fields)
                .isEqualTo(whole);
        return whole;
    }

    private static boolean isText(ToolAnswer answer) {
        if (!answer.calls().isEmpty()) {
            assertThat(answer.finish()).isEqualTo("tool_calls");
            assertThat(answer.content()).isEmpty();
            for (String call : answer.calls()) {
                assertThat(call).startsWith("pick {");
                JsonNode arguments = TinyServer.JSON.readTree(call.substring(5));
                assertThat(arguments.get("n").asInt()).isBetween(0, 9);
                assertThat(arguments.propertyNames()).isSubsetOf("n", "why");
            }
        }
        return answer.calls().isEmpty();
    }

    /** How often the model calls is its own affair: without a nudge one form begins far more often than the other. */
    private static String nudge(String kind, int seed) {
        int token = kind.equals("trained")
                ? TinyServer.CALL_START
                : prompted.model.tokenizer().encode("<tool_call>")[0];
        return "\"logit_bias\": {\"" + token + "\": " + (seed % 3 == 0 ? 6 : 2) + "}, \"seed\": " + seed;
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void anAnswerFollowsTheFormOrIsCalls(String kind) {
        Grammar grammar = Grammar.jsonSchema(SCHEMA);
        int texts = 0;
        for (int seed = 0; seed < 30; seed++) {
            ToolAnswer answer = ask(kind, FORM + nudge(kind, seed));
            if (isText(answer)) {
                assertThat(answer.finish()).isEqualTo("stop");
                assertThat(grammar.matches(answer.content()))
                        .as(answer.content())
                        .isTrue();
                texts++;
            }
        }
        assertThat(texts).isBetween(1, 29);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void otherFormsStandBesideCallsToo(String kind) {
        int texts = 0;
        for (int seed = 0; seed < 12; seed++) {
            String form =
                    seed % 2 == 0 ? "\"guided_regex\": \"[<a-f]{3,12}\", " : "\"guided_choice\": [\"yes\", \"<no\"], ";
            ToolAnswer answer = ask(kind, form + nudge(kind, seed));
            if (isText(answer)) {
                assertThat(answer.content()).matches("[<a-f]{3,12}|yes|<no");
                texts++;
            }
        }
        assertThat(texts).isBetween(1, 11);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void whatHasToBeCalledIsAndWhatMustNotIsNot(String kind) {
        for (int seed = 0; seed < 8; seed++) {
            ToolAnswer calls = ask(kind, FORM + "\"tool_choice\": \"required\", " + nudge(kind, seed));
            assertThat(isText(calls)).isFalse();
            ToolAnswer text = ask(kind, FORM + "\"tool_choice\": \"none\", \"seed\": " + seed);
            assertThat(isText(text)).isTrue();
            assertThat(Grammar.jsonSchema(SCHEMA).matches(text.content())).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void aStopTextNeverCutsACall(String kind) {
        String stop = "\"stop\": [\"\\\"\", \"n\", \"}\", \"<\", \"call\"], ";
        for (int seed = 0; seed < 6; seed++) {
            String fields = "\"tool_choice\": \"required\", " + nudge(kind, seed);
            ToolAnswer stopped = ask(kind, stop + fields);
            assertThat(stopped).isEqualTo(ask(kind, fields));
            assertThat(isText(stopped)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompted", "trained"})
    void aStopTextEndsTextAheadOfCalls(String kind) {
        int cut = 0;
        for (int seed = 0; seed < 8; seed++) {
            ToolAnswer free = ask(kind, 60, "\"seed\": " + seed);
            String text = free.content();
            if (text.length() < 12
                    || Character.isLowSurrogate(text.charAt(9))
                    || Character.isHighSurrogate(text.charAt(10))) {
                continue;
            }
            String word = text.substring(9, 11);
            ToolAnswer stopped =
                    ask(kind, "\"stop\": [" + TinyServer.JSON.writeValueAsString(word) + "], \"seed\": " + seed);
            assertThat(stopped.content())
                    .as(TinyServer.JSON.writeValueAsString(List.of(word, text)))
                    .isEqualTo(text.substring(0, text.indexOf(word)));
            assertThat(stopped.finish()).isEqualTo("stop");
            assertThat(stopped.calls()).isEmpty();
            cut++;
        }
        assertThat(cut).isPositive();
    }

    @Test
    void textThatMightHaveBecomeAStopTextIsSentAheadOfTheCall() {
        String bias = ", \"logit_bias\": {\"" + TinyServer.CALL_START + "\": 3}";
        int both = 0;
        for (int seed = 0; seed < 40; seed++) {
            ToolAnswer free = ask("trained", "\"seed\": " + seed + bias);
            if (free.calls().isEmpty() || free.content().length() < 2) {
                continue;
            }
            String end = free.content().substring(free.content().length() - 2) + "then something else";
            assertThat(ask(
                            "trained",
                            "\"stop\": " + TinyServer.JSON.writeValueAsString(end) + ", \"seed\": " + seed + bias))
                    .isEqualTo(free);
            both++;
        }
        assertThat(both).isPositive();
    }
}
