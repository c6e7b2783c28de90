package dev.jemma.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.LanguageModel;
import dev.jemma.serve.ServeOptions;
import dev.jemma.serve.ServedModel;
import dev.jemma.serve.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unit of systemd, the Dockerfile and their scripts speak of flags and files that are there, and do what they say. */
class ServiceFilesTest {
    private static String file(String relative) throws IOException {
        return Files.readString(AdaptersPageTest.root().resolve(relative));
    }

    /** How a program ended, and what it said. */
    private record Ended(int status, String said) {}

    private static Ended run(Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of(command[0])), command[0] + " is not there");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), said);
    }

    private static Ended health(int port) throws IOException, InterruptedException {
        String script = AdaptersPageTest.root().resolve("packaging/health.sh").toString();
        return run(Map.of("JEMMA_HEALTH_PORT", Integer.toString(port)), "/bin/bash", script);
    }

    @Test
    void theHealthScriptTellsAServerThatAnswersFromNone() throws Exception {
        Path file = AdaptersPageTest.root().resolve("core/src/test/resources/golden/models/gguf/gemma3-F32.gguf");
        int port;
        try (LanguageModel model = LanguageModel.open(file);
                Server server = Server.start(
                        List.of(new ServedModel("tiny", model)),
                        ServeOptions.builder().port(0).build())) {
            port = server.port();
            assertThat(health(port)).isEqualTo(new Ended(0, ""));
        }
        assertThat(health(port).status()).isNotZero();
    }

    @Test
    void theHealthScriptIsNotSatisfiedByAnotherAnswer() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread answering = Thread.ofVirtual().start(() -> {
                try (var socket = other.accept()) {
                    socket.getOutputStream()
                            .write("HTTP/1.1 503 Service Unavailable\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(health(other.getLocalPort()).status()).isNotZero();
            answering.join();
        }
    }

    @Test
    void withoutAnEngineTheImageIsSkippedLoudlyOrRefused(@TempDir Path tools) throws Exception {
        for (String tool : List.of("dirname", "sh")) {
            Path there = Path.of("/usr/bin", tool);
            Assumptions.assumeTrue(Files.exists(there), there + " is not there");
            Files.createSymbolicLink(tools.resolve(tool), there);
        }
        String script =
                AdaptersPageTest.root().resolve("packaging/build-image.sh").toString();
        Ended skipped = run(Map.of("PATH", tools.toString()), "/bin/sh", script);
        assertThat(skipped.status()).isZero();
        assertThat(skipped.said()).contains("SKIPPED, NOTHING WAS BUILT");
        assertThat(run(Map.of("PATH", tools.toString(), "REQUIRE", "1"), "/bin/sh", script)
                        .status())
                .isOne();
    }

    @Test
    void theImageHasNoModelNoRootAndAHealthCheckWithoutCurl() throws IOException {
        String dockerfile = file("packaging/Dockerfile");
        assertThat(dockerfile)
                .containsPattern("(?m)^USER [1-9]\\d*:[1-9]\\d*$")
                .containsPattern("(?m)^HEALTHCHECK .*health\\.sh")
                .doesNotContain("curl")
                .doesNotContainPattern("(?m)^(COPY|ADD).*gguf");
        assertThat(file("packaging/Dockerfile.dockerignore")).contains("**/*.gguf", "**/*.safetensors", "**/target");
        Pattern copied = Pattern.compile("&& cp ([^/]\\S*(?: [^/]\\S*)*) /out");
        copied.matcher(dockerfile).results().forEach(found -> {
            for (String name : found.group(1).split(" ")) {
                assertThat(name.startsWith("cli/target/")
                                || Files.exists(AdaptersPageTest.root().resolve(name)))
                        .as(name)
                        .isTrue();
            }
        });
    }

    @Test
    void javaStartsInTheImageAsTheLauncherStartsIt() throws IOException {
        String launcher = file("jemma");
        Pattern quoted = Pattern.compile("\"(-[XD-][^\"]*)\"");
        String entry = file("packaging/Dockerfile");
        entry = entry.substring(entry.indexOf("ENTRYPOINT"));
        assertThat(quoted.matcher(entry).results().map(m -> m.group(1)).filter(f -> !f.equals("-XX:-UsePerfData")))
                .isNotEmpty()
                .allSatisfy(flag -> assertThat(launcher).contains(flag));
        assertThat(entry).contains("dev.jemma.cli.Main");
        assertThat(launcher).contains("dev.jemma.cli.Main");
    }

    @Test
    void theUnitIsHardenedAndLetsJavaCompile() throws IOException {
        String unit = file("packaging/jemma.service");
        assertThat(unit.lines())
                .contains(
                        "DynamicUser=yes",
                        "ProtectSystem=strict",
                        "NoNewPrivileges=yes",
                        "MemoryDenyWriteExecute=no",
                        "ReadOnlyPaths=/opt/jemma /srv/jemma",
                        "CapabilityBoundingSet=");
        assertThat(unit).doesNotContain("ProcSubset=pid\n");
        String help = file("cli/src/main/java/dev/jemma/cli/ServeCommand.java");
        String options = help + file("cli/src/main/java/dev/jemma/cli/RunOptions.java");
        assertThat(Pattern.compile("--[a-z][a-z-]+").matcher(unit).results().map(flag -> flag.group()))
                .isNotEmpty()
                .allSatisfy(flag -> assertThat(options).contains("\"" + flag + "\""));
    }
}
