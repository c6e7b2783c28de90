package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.JemmaException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class JemmaTest {
    @TempDir
    Path home;

    @Command(name = "fail", description = "Fails as it is told.")
    static final class FailCommand implements Callable<Integer> {
        @Option(names = "--with")
        String with = "";

        private final Console console;

        FailCommand(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() throws Exception {
            switch (with) {
                case "known" -> throw new JemmaException("the file is\n  damaged");
                case "unknown" -> throw new IllegalStateException("oops");
                case "interrupt" -> throw new InterruptedException();
                case "memory" -> throw new OutOfMemoryError("Java heap space");
                default -> {
                    for (int line = 0; line < 100_000; line++) {
                        console.println("a line of the result");
                    }
                    return 0;
                }
            }
        }
    }

    private int run(TestConsole console, String... args) {
        return Jemma.run(
                console.console(),
                List.of(
                        new Commands.Entry(Commands.Group.FILES, "fail", FailCommand::new),
                        new Commands.Entry(Commands.Group.MACHINE, "doctor", DoctorCommand::new)),
                args);
    }

    private TestConsole console() {
        return new TestConsole(Map.of("JEMMA_HOME", home.toString()));
    }

    @Test
    void helpListsEveryCommandUnderItsHeading() {
        TestConsole console = console();
        assertThat(Jemma.run(console.console(), "--help")).isZero();
        assertThat(console.out()).contains("Get and keep models", "The machine").doesNotContain("\033[");
        for (Commands.Entry entry : Commands.all()) {
            assertThat(console.out()).containsPattern("(?m)^  " + entry.name() + " +\\S");
        }
    }

    @Test
    void everyCommandHasAHelpOfItsOwn() {
        for (Commands.Entry entry : Commands.all()) {
            TestConsole console = console();
            assertThat(Jemma.run(console.console(), entry.name(), "--help")).isZero();
            assertThat(console.out()).startsWith("Usage: jemma " + entry.name());
        }
    }

    @Test
    void theVersionIsTheBuilds() {
        TestConsole console = console();
        assertThat(Jemma.run(console.console(), "--version")).isZero();
        assertThat(console.out()).matches("(?s)jemma \\d+\\.\\d+.*\\(JDK 2.*\\)\\s*");
    }

    @Test
    void aTypoIsMisuseAndGetsASuggestion() {
        TestConsole console = console();
        assertThat(run(console, "docter")).isEqualTo(2);
        assertThat(console.err())
                .isEqualToIgnoringNewLines(
                        "jemma: there is no command 'docter'; did you mean doctor? (see 'jemma --help')");
        assertThat(console.out()).isEmpty();
    }

    @Test
    void anUnknownOptionIsMisuse() {
        TestConsole console = console();
        assertThat(run(console, "doctor", "--jsno")).isEqualTo(2);
        assertThat(console.err())
                .contains("unknown option '--jsno'")
                .contains("--json")
                .hasLineCount(1);
    }

    @Test
    void aKnownFailureIsOneLineAndOne() {
        TestConsole console = console();
        assertThat(run(console, "fail", "--with", "known")).isEqualTo(1);
        assertThat(console.err()).isEqualToIgnoringNewLines("jemma: the file is; damaged");
    }

    @Test
    void theStackTraceComesOnlyWithVerbose() {
        TestConsole quiet = console();
        assertThat(run(quiet, "fail", "--with", "unknown")).isEqualTo(1);
        assertThat(quiet.err()).hasLineCount(1).contains("unexpected IllegalStateException: oops");
        TestConsole verbose = console();
        assertThat(run(verbose, "fail", "--verbose", "--with", "unknown")).isEqualTo(1);
        assertThat(verbose.err()).contains("at dev.jemma.cli.JemmaTest");
    }

    @Test
    void anInterruptionIs130() {
        assertThat(run(console(), "fail", "--with", "interrupt")).isEqualTo(130);
    }

    @Test
    void aReaderThatGoesAwayEndsTheRunQuietly() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream closing = new OutputStream() {
            private int bytes;

            @Override
            public void write(int b) throws IOException {
                if (++bytes > 100) {
                    throw new IOException("Broken pipe");
                }
            }
        };
        Console console =
                new Console(closing, err, new ByteArrayInputStream(new byte[0]), Console.Terminals.NONE, Map.of());
        int code =
                Jemma.run(console, List.of(new Commands.Entry(Commands.Group.FILES, "fail", FailCommand::new)), "fail");
        assertThat(code).isEqualTo(141);
        assertThat(err.size()).isZero();
    }

    @Test
    void aFullDiskBehindStandardOutputIsTold() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        Console console =
                new Console(full, err, new ByteArrayInputStream(new byte[0]), Console.Terminals.NONE, Map.of());
        assertThat(Jemma.run(console, "--version")).isEqualTo(1);
        assertThat(err.toString()).contains("No space left on device");
    }

    @Test
    void doctorTellsItsReasonsAndSpeaksJson() {
        TestConsole plain = console();
        assertThat(run(plain, "doctor")).isZero();
        assertThat(plain.out()).contains("Threads", "Memory", "Kernels", "Huge pages");
        TestConsole json = console();
        assertThat(run(json, "doctor", "--json")).isZero();
        var report = Json.parse(json.out());
        assertThat(report.path("environment").path("version").asString()).isNotEmpty();
        assertThat(report.path("threads").path("amount").asInt()).isPositive();
        assertThat(report.path("memory").path("origin").asString()).isNotEmpty();
        assertThat(report.path("store").asString()).isEqualTo(home.toString());
    }

    @Test
    void namesInTheListOfCommandsAreUnique() {
        List<String> names = new ArrayList<>(
                Commands.all().stream().map(Commands.Entry::name).toList());
        assertThat(names).doesNotHaveDuplicates();
    }
}
