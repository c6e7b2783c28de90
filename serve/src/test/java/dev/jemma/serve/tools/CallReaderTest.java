package dev.jemma.serve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.chat.FunctionTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls are found in an answer wherever it is cut into pieces. */
class CallReaderTest {
    /** What was read, as one line: texts and calls in their order. */
    private static final class Line implements CallSink {
        final StringBuilder line = new StringBuilder();
        int parts;

        @Override
        public void text(String text) {
            assertThat(text).isNotEmpty();
            line.append(text);
            parts++;
        }

        @Override
        public void call(String function) {
            line.append('|').append(function).append('=');
            parts++;
        }

        @Override
        public void arguments(String json) {
            assertThat(json).isNotEmpty();
            line.append(json);
            parts++;
        }
    }

    private static final String A =
            "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}</tool_call>\\\"{\"}}\n</tool_call>";
    private static final String B = "<tool_call>{\"name\":\"g.2\",\"arguments\":{}}</tool_call>";

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "A; |f={\"a\": \"}</tool_call>\\\"{\"}",
                "A~B; |f={\"a\": \"}</tool_call>\\\"{\"}|g.2={}",
                "Let me see. ~ ~A; Let me see.|f={\"a\": \"}</tool_call>\\\"{\"}",
                "~ ~B; |g.2={}",
                "a < b <tool <tool_call; a < b <tool <tool_call",
                "only text ~; only text ~",
            })
    void anAnswerIsReadTheSameWhereverItIsCut(String answer, String wanted) {
        String text = answer.replace("~", "\n").replace("A", A).replace("B", B);
        String line = wanted.replace("~", "\n");
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            TextCalls reader = new TextCalls(false);
            Line sink = new Line();
            for (int at = 0; at < text.length(); ) {
                int to = Math.min(text.length(), at + 1 + random.nextInt(seed == 0 ? 1000 : 1 + seed % 9));
                reader.push(7, text.substring(at, to), sink);
                at = to;
            }
            reader.finish(sink);
            assertThat(sink.line.toString()).isEqualTo(line);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "A~B; |f={\"a\": \"}</tool_call>\\\"{\"}|g.2={}",
                "{\"a\": \"<tool_call>\"} ; {\"a\": \"<tool_call>\"}",
                "<tool_calm> <tool_call>; <tool_calm> <tool_call>",
                "<tool_ca; <tool_ca",
            })
    void anAnswerOfAFormIsCallsOnlyIfItBeginsAsOne(String answer, String wanted) {
        String text = answer.replace("~", "\n").replace("A", A).replace("B", B);
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            TextCalls reader = new TextCalls(true);
            Line sink = new Line();
            for (int at = 0; at < text.length(); ) {
                int to = Math.min(text.length(), at + 1 + random.nextInt(1 + seed % 9));
                reader.push(7, text.substring(at, to), sink);
                at = to;
            }
            reader.finish(sink);
            assertThat(sink.line.toString()).isEqualTo(wanted);
        }
    }

    @Test
    void textThatWaitedAheadOfACallIsNotLost() {
        MarkedCalls reader = new MarkedCalls(MARKS, "<shown>");
        Line sink = new Line();
        reader.push(7, "Hm", sink);
        reader.push(900, " see <shown>", sink);
        reader.push(7, "call:f{}", sink);
        reader.push(901, "<other>", sink);
        reader.finish(sink);
        assertThat(sink.line.toString()).isEqualTo("Hm see|f={}");
    }

    @Test
    void argumentsComeAsTheyAreWritten() {
        TextCalls reader = new TextCalls(false);
        Line sink = new Line();
        reader.push(1, "Hm <tool_call>{\"name\": \"f\", \"arguments\": {\"a\"", sink);
        assertThat(sink.line.toString()).isEqualTo("Hm|f={\"a\"");
        reader.push(1, ": [1", sink);
        assertThat(sink.line.toString()).isEqualTo("Hm|f={\"a\": [1");
        reader.finish(sink); // cut
        assertThat(sink.line.toString()).isEqualTo("Hm|f={\"a\": [1");
    }

    private static final FunctionTokens MARKS = new FunctionTokens(900, 901, 902);

    @Test
    void functionGemmasArgumentsBecomeJson() {
        List<Object> tokens = List.of(
                "Sure.",
                " \n",
                900,
                "call:f{",
                "city:",
                902,
                "Zür\"ich}\n<",
                902,
                ",days:",
                "2",
                ",deep:{list:[",
                902,
                "a,b:",
                902,
                ",-1.5,true],none:{},nothing:null,odd name\\:",
                "[]}}",
                901,
                900,
                "call:",
                "g.2{",
                "}",
                901);
        String wanted = "Sure.|f={\"city\":\"Zür\\\"ich}\\n<\",\"days\":2,\"deep\":{\"list\":[\"a,b:\",-1.5,true],"
                + "\"none\":{},\"nothing\":null,\"odd name\\\\\":[]}}|g.2={}";
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            MarkedCalls reader = new MarkedCalls(MARKS, "<shown>");
            Line sink = new Line();
            for (Object token : tokens) {
                if (token instanceof Integer id) {
                    reader.push(id, "<shown>", sink);
                    continue;
                }
                List<String> pieces = new ArrayList<>(List.of(String.valueOf(token)));
                while (random.nextInt(4) > 0) {
                    String last = pieces.removeLast();
                    int cut = random.nextInt(last.length() + 1);
                    pieces.add(last.substring(0, cut));
                    pieces.add(last.substring(cut));
                }
                pieces.forEach(piece -> reader.push(7, piece, sink));
            }
            reader.finish(sink);
            assertThat(sink.line.toString()).isEqualTo(wanted);
        }
    }
}
