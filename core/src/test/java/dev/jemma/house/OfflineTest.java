package dev.jemma.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.LanguageModel;
import dev.jemma.testing.Golden;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library opens no network connection: it runs in a JVM whose every door to the network ends the process. */
class OfflineTest {
    private static final int MINUTES = 5; // far beyond need; only so that a hang ends

    @TempDir
    Path folder;

    private record Run(int exitCode, String output) {}

    private Run run(String... args) throws IOException, InterruptedException {
        return run(List.of("-cp", System.getProperty("java.class.path")), args);
    }

    private Run run(List<String> classes, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Xmx512m"));
        command.addAll(Denial.FLAGS);
        command.addAll(classes);
        command.add(Offline.class.getName());
        command.addAll(List.of(args));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Run(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    @Test
    void loadingGeneratingAndScoringTouchNoNetwork() throws Exception {
        Run run = run("library", Golden.path("models").toString());
        assertThat(run.output())
                .contains("done in unnamed module", ", 0 sockets open")
                .doesNotContain("DENIED");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void theLibraryRunsAsAModuleToo() throws Exception {
        String modules =
                String.join(File.pathSeparator, place(LanguageModel.class), place(tools.jackson.core.JsonParser.class));
        Run run = run(
                List.of("-p", modules, "--add-modules=dev.jemma.core", "-cp", place(Offline.class)),
                "library",
                Golden.path("models").toString());
        assertThat(run.output()).contains("done in module dev.jemma.core").doesNotContain("scalar");
        assertThat(run.exitCode()).isZero();
    }

    /** The folder or jar that a class comes from. */
    private static String place(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"socket", "server", "datagram", "channel", "unix", "asynchronous", "name", "http"})
    void everyDoorToTheNetworkIsWalledUp(String door) throws Exception {
        Run run = run(door);
        assertThat(run.output()).contains("DENIED").doesNotContain("done");
        assertThat(run.exitCode()).isEqualTo(Denial.EXIT_CODE);
    }
}
