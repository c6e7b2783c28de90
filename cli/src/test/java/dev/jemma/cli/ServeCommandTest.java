package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
    @TempDir
    Path home;

    private Outcome misused(String... args) {
        Outcome run = TinyModels.run(home, args);
        assertThat(run.code()).as(run.err()).isIn(1, 2);
        return run;
    }

    @Test
    void optionsThatDoNotGoTogetherAreSaidInOneLine() {
        String model = TinyModels.gguf("gemma3-F32");
        assertThat(misused("serve", model, "--port", "70000").err()).contains("65535");
        assertThat(misused("serve", model, "--tls-cert", "x.pem").err()).contains("--tls-key");
        assertThat(misused("serve", model, "--timeout", "0").err()).contains("--timeout");
        assertThat(misused("serve", model, "--draft-tokens", "3").err()).contains("--lookup");
        assertThat(misused("serve", model, "--lora", "x").err()).contains("NAME=DIR");
        assertThat(misused("serve", model, "--max-body", "4096").err()).contains("--max-body must be from 1 to 2047");
        assertThat(misused("serve", model, "--lora", "a=x", "--lora", "a=y").err())
                .contains("two adapters 'gemma3-F32+a'");
        assertThat(misused("serve", model, model, "--port", "0").err()).contains("another name");
        assertThat(misused("serve", model, "--host", "0.0.0.0", "--port", "0").err())
                .contains("--api-keys")
                .contains("--insecure");
    }

    @Test
    void aServerAnswersAndEndsWhenItIsAskedTo() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djemma.relaunch=true", // as the launcher says
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.jemma.cli.Jemma",
                        "serve",
                        "mine=" + TinyModels.gguf("gemma3-F32"),
                        "--lookup",
                        "--port",
                        "0")
                .redirectError(ProcessBuilder.Redirect.to(home.resolve("log").toFile()))
                .start();
        try (BufferedReader out =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                HttpClient client = HttpClient.newHttpClient()) {
            String url = out.readLine();
            assertThat(url).startsWith("http://127.0.0.1:");
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\": \"mine\", \"prompt\": \"secret words\", \"max_tokens\": 3}"))
                    .build();
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            process.destroy(); // SIGTERM
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        String log = java.nio.file.Files.readString(home.resolve("log"));
        assertThat(log)
                .containsPattern("time=\\S+ level=INFO request id=\\w{16} method=POST path=/v1/completions status=200")
                .contains("listening")
                .contains("stopped")
                .doesNotContain("secret");
    }
}
