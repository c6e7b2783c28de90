package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.SpeculationReport;
import org.junit.jupiter.api.Test;

class TimingTest {
    @Test
    void anAnswerWithoutATokenHasATimeThatIsNotBeforeItsBeginning() {
        long from = System.nanoTime();
        Timing none = new Timing.Clock(5).stop(SpeculationReport.NONE);
        double most = (System.nanoTime() - from) / 1e9;
        assertThat(none.promptSeconds()).isBetween(0.0, most);
        assertThat(none.generatedSeconds()).isZero();
        assertThat(none.toString()).contains("nothing was generated");
    }
}
