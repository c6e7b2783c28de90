package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong nanos = new AtomicLong();

    private Progress start(TestConsole console, long total) {
        return new Progress(console.console(), "model", total, Progress.Unit.BYTES, nanos::get);
    }

    @Test
    void aTerminalGetsABarThatIsRedrawnInPlace() {
        TestConsole console = TestConsole.typing(Map.of("TERM", "xterm"), "");
        try (Progress progress = start(console, 200_000_000)) {
            nanos.set(2 * SECOND);
            progress.at(50_000_000);
        }
        assertThat(console.err())
                .contains("\rmodel [######..................]  25% 50 MB of 200 MB, 25 MB/s, 6.0 s left");
        assertThat(console.err()).contains("\033[K");
        assertThat(console.err()).endsWith("model: 50 MB of 200 MB in 2.0 s (25 MB/s)" + System.lineSeparator());
    }

    @Test
    void theBarGivesWayAndTheLabelIsCutWhereTheLineIsShort() {
        TestConsole console = TestConsole.typing(Map.of("TERM", "xterm", "COLUMNS", "50"), "");
        try (Progress progress = new Progress(
                console.console(), "a-very-long-name-of-a-model", 200_000_000, Progress.Unit.BYTES, nanos::get)) {
            nanos.set(2 * SECOND);
            progress.at(50_000_000);
        }
        assertThat(console.err()).contains("\ra-very-  25% 50 MB of 200 MB, 25 MB/s, 6.0 s left\033[K");
    }

    @Test
    void elsewhereAPlainLineComesEveryFewSeconds() {
        TestConsole console = new TestConsole(Map.of());
        try (Progress progress = start(console, 200_000_000)) {
            for (int second = 1; second <= 12; second++) {
                nanos.set(second * SECOND);
                progress.at(second * 1_000_000L);
            }
        }
        assertThat(console.err().lines()).hasSize(3);
        assertThat(console.err()).doesNotContain("\r\033").doesNotContain("[#");
    }

    @Test
    void whatAnEarlierRunDidDoesNotCountAsSpeed() {
        TestConsole console = TestConsole.typing(Map.of("TERM", "xterm"), "");
        try (Progress progress = start(console, 200_000_000)) {
            progress.resumeAt(100_000_000);
            nanos.set(SECOND);
            progress.at(110_000_000);
        }
        assertThat(console.err()).contains("10 MB/s").doesNotContain("110 MB/s");
    }

    @Test
    void unitsReadAsPeopleSayThem() {
        assertThat(Units.bytes(253_113_024)).isEqualTo("253 MB");
        assertThat(Units.bytes(1_500)).isEqualTo("1.5 kB");
        assertThat(Units.bytes(999)).isEqualTo("999 B");
        assertThat(Units.bytes(999_999)).isEqualTo("1.0 MB");
        assertThat(Units.duration(0.42)).isEqualTo("0.4 s");
        assertThat(Units.duration(75)).isEqualTo("1 min 15 s");
        assertThat(Units.duration(8000)).isEqualTo("2 h 13 min");
    }

    @Test
    void aMessageTakesTheBarAwayFirst() {
        TestConsole console = TestConsole.typing(Map.of("TERM", "xterm"), "");
        Progress progress = console.console().progress("model", 100, Progress.Unit.of("tokens"));
        try (progress) {
            console.console().note("something else");
        }
        assertThat(console.err()).contains("something else" + System.lineSeparator());
    }

    @Test
    void noColorAndDumbTerminalsAreRespected() {
        assertThat(TestConsole.typing(Map.of(), "").console().colour()).isTrue();
        assertThat(TestConsole.typing(Map.of("NO_COLOR", "1"), "").console().colour())
                .isFalse();
        assertThat(TestConsole.typing(Map.of("TERM", "dumb"), "").console().colour())
                .isFalse();
        assertThat(new TestConsole(Map.of()).console().colour()).isFalse();
    }
}
