package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.constraint.CallForm;
import dev.jemma.infer.constraint.CallStart;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stop strings end a text wherever it is cut into pieces, and never a call. */
class StopStringsTest {
    private static final String CALL = "<tool_call>{\"name\": \"STOP\"}</tool_call>";

    /** Shows what comes of a text in pieces; {@code !} behind it if it was stopped. */
    private static String shown(StopStrings stops, String text, Random random, int most) {
        StringBuilder shown = new StringBuilder();
        for (int at = 0; at < text.length() && !stops.stopped(); ) {
            int to = Math.min(text.length(), at + 1 + random.nextInt(most));
            shown.append(stops.push(text.substring(at, to)));
            at = to;
        }
        shown.append(stops.finish());
        return shown + (stops.stopped() ? "!" : "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // text; stop; without calls; calls behind text; calls first or never
                "one STOP two; STOP; one !; one !; one !",
                "one STO; STOP; one STO; one STO; one STO",
                "CALL; STOP; <tool_call>{\"name\": \"!; CALL; CALL",
                "one CALL; STOP; one <tool_call>{\"name\": \"!; one CALL; one <tool_call>{\"name\": \"!",
                "one STOP CALL; STOP; one !; one !; one !",
                "CALL; <; !; CALL; CALL",
                "a < b; <; a !; a !; a !",
                "a CALL; <; a !; a CALL; a !",
                "<tool; <tool; !; !; !",
                "<tool_calm>; call; <tool_calm>; <tool_calm>; <tool_calm>",
                "<tool_calm>; cal; <tool_!; <tool_!; <tool_!",
                "CALL; call; <tool_!; CALL; CALL",
                "abCALL; b<; a!; abCALL; a!",
                "ab<a; b<; a!; a!; a!",
            })
    void aStopStringIsFoundInTextAndNotInCalls(String text, String stop, String plain, String behind, String first) {
        Optional<CallStart> later = Optional.of(new CallStart(CallForm.TEXT, false));
        Optional<CallStart> ahead = Optional.of(new CallStart(CallForm.TEXT, true));
        for (int seed = 0; seed < 100; seed++) {
            int most = 1 + seed % 20;
            String answer = text.replace("CALL", CALL);
            assertThat(shown(new StopStrings(List.of(stop), Optional.empty()), answer, new Random(seed), most))
                    .isEqualTo(plain.replace("CALL", CALL));
            assertThat(shown(new StopStrings(List.of("zzz", stop), later), answer, new Random(seed), most))
                    .isEqualTo(behind.replace("CALL", CALL));
            assertThat(shown(new StopStrings(List.of(stop, "zzz"), ahead), answer, new Random(seed), most))
                    .isEqualTo(first.replace("CALL", CALL));
        }
    }

    @Test
    void behindTheControlTokenOfACallNothingStops() {
        StopStrings stops =
                new StopStrings(List.of("STOP"), Optional.of(new CallStart(CallForm.FUNCTION_GEMMA, false)));
        assertThat(stops.push("one ST")).isEqualTo("one ");
        assertThat(stops.calls()).isEqualTo("ST");
        assertThat(stops.push("OP STOP <tool_call>")).isEqualTo("OP STOP <tool_call>");
        assertThat(stops.stopped()).isFalse();
    }
}
