package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.infer.SamplingOptions;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatParamsTest {
    private final ChatParams start = new ChatParams(SamplingOptions.GREEDY, OptionalInt.empty());

    @Test
    void eachNameChangesItsValueAndNothingElse() {
        assertThat(start.with("temperature", "0.7").sampling())
                .isEqualTo(SamplingOptions.builder().temperature(0.7f).build());
        assertThat(start.with("TOP_K", "40").sampling())
                .isEqualTo(SamplingOptions.builder().topK(40).build());
        assertThat(start.with("seed", "-5").sampling())
                .isEqualTo(SamplingOptions.builder().seed(-5).build());
        assertThat(start.with("max-tokens", "9")).isEqualTo(new ChatParams(SamplingOptions.GREEDY, OptionalInt.of(9)));
    }

    @Test
    void everyNameIsKnown() {
        for (String name : ChatParams.NAMES) {
            assertThat(start.with(name, "1")).as(name).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({"temperature,-1", "temperature,hot", "top-p,0", "top-k,1.5", "max-tokens,0", "min-p,2", "colour,1"})
    void impossibleValuesAreRefusedByName(String name, String value) {
        assertThatThrownBy(() -> start.with(name, value)).isInstanceOf(MisuseException.class);
    }
}
