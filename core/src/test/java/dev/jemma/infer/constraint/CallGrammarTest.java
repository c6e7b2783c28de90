package dev.jemma.infer.constraint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers that call functions, in both forms. */
class CallGrammarTest {
    private static final List<CallableFunction> FUNCTIONS = List.of(
            new CallableFunction("add", """
                    {"type": "object", "required": ["a", "b"], "additionalProperties": false,
                     "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}"""),
            new CallableFunction("now", "{\"type\":\"object\",\"additionalProperties\":false}"));
    private static final String ADD = "<tool_call>{\"name\": \"add\", \"arguments\": {\"a\":1,\"b\":2}}</tool_call>";
    private static final String NOW = "<tool_call>\n{\"name\":\"now\",\"arguments\":{}}\n</tool_call>";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "ADD; true; true",
                "NOW; true; true",
                "ADD+NOW; true; false",
                "Let me see. <tool_ca <ADD; false; false",
                "no calls at all, <tool_calls < tool_call>; false; false",
                "ADD and more; false; false",
                "<tool_call>; false; false",
            })
    void callsComeAloneOrBehindText(String answer, boolean required, boolean single) {
        String text = answer.replace("ADD", ADD).replace("NOW", NOW).replace("+", "\n");
        assertThat(Grammar.calls(CallForm.TEXT, FUNCTIONS, AnswerText.NONE, true)
                        .matches(text))
                .isEqualTo(required);
        assertThat(Grammar.calls(CallForm.TEXT, FUNCTIONS, AnswerText.NONE, false)
                        .matches(text))
                .isEqualTo(single);
        boolean wrong = answer.endsWith("more") || answer.equals("<tool_call>");
        assertThat(Grammar.calls(CallForm.TEXT, FUNCTIONS, AnswerText.ANY, true).matches(text))
                .isEqualTo(!wrong);
    }

    @Test
    void argumentsAreHeldToTheirOwnFunctionsSchema() {
        Grammar grammar = Grammar.calls(CallForm.TEXT, FUNCTIONS, AnswerText.ANY, true);
        assertThat(grammar.begins("Hm. <tool_call>{\"name\": \"add\", \"arguments\": {\"a\""))
                .isTrue();
        assertThat(grammar.begins("Hm. <tool_call>{\"name\": \"now\", \"arguments\": {\"a\""))
                .isFalse();
        assertThat(grammar.begins("Hm. <tool_call>{\"name\": \"other")).isFalse();
        assertThat(grammar.begins("Hm. <tool_call> text")).isFalse();
    }

    @Test
    void aWrongSchemaNamesItsFunctionAndPlace() {
        List<CallableFunction> functions = List.of(
                FUNCTIONS.getFirst(),
                new CallableFunction("odd", "{\"type\":\"object\",\"properties\":{\"x\":{\"not\":{}}}}"));
        assertThatThrownBy(() -> Grammar.calls(CallForm.TEXT, functions, AnswerText.ANY, true))
                .isInstanceOfSatisfying(
                        ConstraintException.class, e -> assertThat(e.function()).hasValue(1))
                .hasMessageContaining("function odd")
                .hasMessageContaining("#/properties/x");
        CallableFunction name =
                new CallableFunction("odd", "{\"type\":\"object\",\"properties\":{\"a:b\":{\"type\":\"string\"}}}");
        assertThat(Grammar.calls(CallForm.TEXT, List.of(name), AnswerText.NONE, true)
                        .begins("<tool_call>"))
                .isTrue();
        assertThatThrownBy(() -> Grammar.calls(CallForm.FUNCTION_GEMMA, List.of(name), AnswerText.NONE, true))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining("another name");
        assertThatThrownBy(() -> new CallableFunction("a b", "{}")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"a\": \"<tool_call>\"}; true; true",
                "{\"a\": \"x\"}ADD; false; false",
                "{\"a\": \"x\"}<tool_call>; false; true",
                "ADD; true; true",
                "ADD+NOW; true; true",
                "ADD and more; false; false",
                "<tool_cat>; false; true",
                "<tool_ca; false; true",
                "<tool_call> or so; false; false",
                "see <tool_call>; false; true",
                "ADD{\"a\": \"x\"}; false; false",
                "``; false; true",
            })
    void anAnswerIsCallsOrATextOfAForm(String answer, boolean document, boolean match) {
        String text = answer.replace("ADD", ADD).replace("NOW", NOW).replace("+", "\n");
        AnswerText json = new AnswerText.Document(
                "{\"type\": \"object\", \"required\": [\"a\"]," + " \"properties\": {\"a\": {\"type\": \"string\"}}}");
        assertThat(Grammar.calls(CallForm.TEXT, FUNCTIONS, json, true).matches(text))
                .isEqualTo(document);
        AnswerText any = new AnswerText.Match("[^+]{0,40}");
        assertThat(Grammar.calls(CallForm.TEXT, FUNCTIONS, any, true).matches(text))
                .isEqualTo(match);
    }

    @Test
    void aChoiceOfTextsStandsBesideCallsUnlessItLooksLikeOne() {
        AnswerText texts = new AnswerText.OneOf(List.of("yes", "<tool_call>", "<tool_call> no", "<tool_cal"));
        Grammar grammar = Grammar.calls(CallForm.TEXT, FUNCTIONS, texts, false);
        assertThat(grammar.matches("yes")).isTrue();
        assertThat(grammar.matches("<tool_cal")).isTrue();
        assertThat(grammar.matches("<tool_call>")).isFalse();
        assertThat(grammar.matches("<tool_call> no")).isFalse();
        assertThat(grammar.matches(NOW)).isTrue();
        assertThat(Grammar.calls(CallForm.FUNCTION_GEMMA, FUNCTIONS, texts, false)
                        .matches("<tool_call> no"))
                .isTrue();
    }

    @Test
    void aTextOfAFormThatIsWrongSaysThatItIsTheText() {
        for (AnswerText wrong : List.of(
                new AnswerText.Document("{\"not\": {}}"),
                new AnswerText.Document("{"),
                new AnswerText.Match("(a"),
                new AnswerText.Match("(?=a)"))) {
            assertThatThrownBy(() -> Grammar.calls(CallForm.TEXT, FUNCTIONS, wrong, true))
                    .isInstanceOfSatisfying(ConstraintException.class, e -> {
                        assertThat(e.text()).isTrue();
                        assertThat(e.function()).isEmpty();
                    });
        }
    }

    private static final int CALL = 0; // control tokens of the small vocabulary, for this once
    private static final int CALL_END = 2;
    private static final int ESCAPE = 4;

    @Test
    void functionGemmasCallsStandBetweenItsControlTokensAndNothingElseDoes() {
        CallableFunction function = new CallableFunction("f", """
                {"type": "object", "required": ["tags", "city", "deep", "days"], "additionalProperties": false,
                 "properties": {"tags": {"type": "array", "items": {"enum": ["a", "b{"]}, "maxItems": 2},
                  "days": {"type": "integer", "minimum": 0, "maximum": 9},
                  "city": {"type": "string", "maxLength": 6},
                  "deep": {"const": {"x": true, "n": null, "a": ["é", 1.5]}}}}""");
        Tokenizer tokenizer = TinyVocabulary.tokenizer();
        TokenTrie trie = TokenTrie.of(tokenizer, List.of(CALL, CALL_END, ESCAPE));
        Grammar grammar = Grammar.calls(CallForm.FUNCTION_GEMMA, List.of(function), AnswerText.NONE, true);
        TokenConstraint constraint = new TokenConstraint(trie, grammar);
        constraint.prepare(Duration.ofMinutes(1));
        assertThat(constraint.masks()).isPositive();
        int ends = 0;
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            int state = constraint.start();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int i = 0; i < 2000 && !constraint.finished(state); i++) {
                if (constraint.complete(state) && random.nextBoolean()) {
                    break;
                }
                TokenMask mask = constraint.mask(state);
                int id = random.nextInt(tokenizer.vocabularySize());
                while (!mask.has(id)) {
                    id = random.nextInt(tokenizer.vocabularySize());
                }
                switch (id) {
                    case CALL -> bytes.writeBytes("⟨".getBytes(UTF_8));
                    case CALL_END -> bytes.writeBytes("⟩".getBytes(UTF_8));
                    case ESCAPE -> bytes.writeBytes("¦".getBytes(UTF_8));
                    default -> bytes.writeBytes(tokenizer.textBytes(id));
                }
                state = constraint.next(state, id);
            }
            ends += constraint.complete(state) ? 1 : 0;
            assertThat(bytes.toString(UTF_8))
                    .matches("(?s)(⟨call:f\\{city:¦[^¦⟨⟩]{0,6}¦,days:\\d,deep:\\{a:\\[¦é¦,1\\.5\\],n:null,x:true},"
                            + "tags:\\[(¦(a|b\\{)¦(,¦(a|b\\{)¦)?)?]}⟩){1,16}");
        }
        assertThat(ends).isEqualTo(40);
    }

    @Test
    void textOfFunctionGemmaMayBecomeACallAnywhere() {
        Tokenizer tokenizer = TinyVocabulary.tokenizer();
        TokenTrie trie = TokenTrie.of(tokenizer, List.of(CALL, CALL_END, ESCAPE));
        TokenConstraint constraint =
                new TokenConstraint(trie, Grammar.calls(CallForm.FUNCTION_GEMMA, FUNCTIONS, AnswerText.ANY, false));
        int state = constraint.start();
        assertThat(constraint.mask(state).has(CALL)).isTrue();
        assertThat(constraint.mask(state).has(ESCAPE)).isFalse();
        state = constraint.next(state, 5 + 'x');
        assertThat(constraint.complete(state)).isTrue();
        assertThat(constraint.mask(state).has(5 + 0xF8)).isFalse(); // the byte that stands for the mark is none in text
        state = constraint.next(state, CALL);
        assertThat(constraint.complete(state)).isFalse();
        assertThat(constraint.mask(state).has(5 + 'c')).isTrue();
        assertThat(constraint.mask(state).has(5 + 'x')).isFalse();
    }

    @Test
    void oneOfSomeTexts() {
        Grammar grammar = Grammar.oneOf(List.of("yes", "no", "no way", ""));
        for (String text : List.of("yes", "no", "no way", "")) {
            assertThat(grammar.matches(text)).isTrue();
        }
        assertThat(grammar.matches("noo")).isFalse();
        assertThatThrownBy(() -> Grammar.oneOf(List.of())).isInstanceOf(ConstraintException.class);
    }

    @Test
    void whatTakesTooLongToFollowEndsWithAnError() {
        StringBuilder pattern = new StringBuilder();
        for (char c = 'a'; c <= 'z'; c++) { // each position of each letter is a state of its own, and all combine
            pattern.append(c == 'a' ? "" : "|")
                    .append(".*")
                    .append(c)
                    .append(".{900}")
                    .append(c);
        }
        TokenConstraint constraint =
                new TokenConstraint(TokenTrie.of(TinyVocabulary.tokenizer()), Grammar.regex(pattern.toString()));
        assertThatThrownBy(() -> {
                    Random random = new Random(3);
                    int state = constraint.start();
                    for (int i = 0; i < 100_000; i++) {
                        constraint.mask(state);
                        state = constraint.next(state, 5 + 'a' + random.nextInt(26));
                    }
                })
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining("smaller");
    }

    @Test
    void anInterruptEndsTheReadingOfASchema() throws InterruptedException {
        Thread reader = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> Grammar.jsonSchema("{\"type\":\"object\"}"))
                    .isInstanceOf(ConstraintException.class)
                    .hasMessageContaining("too long");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(Grammar.jsonSchema("{\"type\":\"object\"}").matches("{}"))
                    .isTrue();
            interrupted = true;
        });
        reader.join();
        assertThat(interrupted).isTrue();
    }

    private volatile boolean interrupted;
}
