package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jemma.kernel.KernelProviders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, as the launcher starts them, on a machine or under flags that refuse machine code. */
class RelaunchTest {
    @TempDir
    Path temp;

    private record Outcome(int code, String out, String err) {}

    private Outcome java(List<String> flags, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Relaunch.java()));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.jemma.cli.Main"));
        command.addAll(List.of(args));
        Path err = temp.resolve("err");
        Process process = new ProcessBuilder(command)
                .redirectError(err.toFile())
                .redirectInput(temp.resolve("in").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), out, Files.readString(err));
    }

    @Test
    void whereMachineCodeIsRefusedTheCommandStartsAgainWithVectors() throws IOException, InterruptedException {
        assumeTrue(KernelProviders.emits(), "no emitted code runs here");
        Files.writeString(temp.resolve("in"), "text that two  processes must not both read");
        String model = TinyModels.gguf("gemma3-Q8_0");
        List<String> refusing = List.of("-Djemma.relaunch=true", "--illegal-native-access=deny");
        Outcome emitted = java(
                List.of("--enable-native-access=ALL-UNNAMED"), "generate", "-m", model, "-n", "4", "--temperature=0");
        Outcome again = java(refusing, "generate", "-m", model, "-n", "4", "--temperature=0");
        assertThat(emitted.err()).contains("x86-");
        assertThat(emitted.code()).isZero();
        assertThat(again.code()).isZero();
        assertThat(again.out()).isEqualTo(emitted.out());
        assertThat(again.err()).contains("vector-").doesNotContain("scalar");
        assertThat(again.err().lines().filter(line -> line.contains("--enable-native-access")))
                .hasSize(1);
    }

    @Test
    void theSecondProcessAnswersForTheFirst() throws IOException, InterruptedException {
        assumeTrue(KernelProviders.emits(), "no emitted code runs here");
        Files.writeString(temp.resolve("in"), "");
        Outcome outcome = java(
                List.of("-Djemma.relaunch=true", "--illegal-native-access=deny"),
                "generate",
                "-m",
                temp.resolve("nothing.gguf").toString(),
                "two  words and a *");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().lines().filter(line -> line.startsWith("jemma:")))
                .hasSize(1);
    }
}
