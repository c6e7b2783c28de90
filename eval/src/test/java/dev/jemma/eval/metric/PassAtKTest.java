package dev.jemma.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class PassAtKTest {
    @Test
    void itIsTheShareOfDrawsWithAPassingProgram() {
        assertThat(PassAtK.of(1, 1, 1)).isEqualTo(1);
        assertThat(PassAtK.of(1, 0, 1)).isZero();
        assertThat(PassAtK.of(10, 3, 1)).isCloseTo(0.3, within(1e-12));
        // 1 - C(7,2) / C(10,2) = 1 - 21/45
        assertThat(PassAtK.of(10, 3, 2)).isCloseTo(1 - 21.0 / 45, within(1e-12));
        assertThat(PassAtK.of(200, 100, 150)).isEqualTo(1);
    }

    @Test
    void itRefusesWhatMakesNoSense() {
        assertThatThrownBy(() -> PassAtK.of(3, 4, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PassAtK.of(3, 1, 4)).isInstanceOf(IllegalArgumentException.class);
    }
}
