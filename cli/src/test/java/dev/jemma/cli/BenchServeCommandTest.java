package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.jemma.infer.LanguageModel;
import dev.jemma.serve.ServeOptions;
import dev.jemma.serve.ServedModel;
import dev.jemma.serve.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code jemma bench serve} against our own server, and against one that misbehaves. */
class BenchServeCommandTest {
    private static final String KEY = "a-key-of-the-load-test";
    private static LanguageModel model;
    private static Server server;

    @TempDir
    private static Path keys;

    @TempDir
    private Path home;

    private record Ended(int code, String out, String err) {
        JsonNode json() {
            assertThat(code).as(err).isZero();
            return Json.parse(out);
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Path file = Files.writeString(keys.resolve("keys"), "tester " + KEY + "\n");
        model = LanguageModel.open(Path.of(TinyModels.gguf("gemma3-F32")));
        server = Server.start(
                List.of(new ServedModel("tiny", model)),
                ServeOptions.builder().port(0).apiKeys(file).build());
    }

    @AfterAll
    static void stop() {
        server.close();
        model.close();
    }

    private static Ended bench(String url, String... more) {
        List<String> args = new ArrayList<>(List.of("bench", "serve", "--url", url, "--api-key-env", "KEY"));
        args.addAll(Arrays.asList(more));
        TestConsole console = new TestConsole(Map.of("KEY", KEY));
        int code = Jemma.run(console.console(), args.toArray(String[]::new));
        return new Ended(code, console.out(), console.err());
    }

    @Test
    void streamsAskUntilAllRequestsAreAnsweredAndTheServersCountsAreTaken() throws IOException {
        Path page = home.resolve("load.html");
        Path picture = home.resolve("load.png");
        String[] load = {"--streams", "4", "-p", "2-6", "-g", "8", "--ignore-eos", "--requests", "20", "--json"};
        List<String> first = new ArrayList<>(List.of(load));
        first.addAll(List.of("--warm-up", "3", "--deadline", "600", "--chart", page.toString()));
        JsonNode json = bench(server.url(), first.toArray(String[]::new)).json();
        assertThat(json.get("answered").asInt()).isEqualTo(20);
        assertThat(json.get("answer_tokens").asInt()).isEqualTo(160);
        assertThat(json.get("prompt_tokens").asInt()).isPositive();
        assertThat(json.at("/goodput/requests").asInt()).isEqualTo(20);
        assertThat(json.at("/goodput/share").asDouble()).isEqualTo(1);
        assertThat(json.at("/whole/count").asInt()).isEqualTo(20);
        for (String kind : List.of("to_first", "between", "whole")) {
            JsonNode times = json.get(kind);
            assertThat(times.get("p50").asDouble()).as(kind).isPositive();
            assertThat(times.get("p95").asDouble())
                    .isBetween(times.get("p50").asDouble(), times.get("max").asDouble());
        }
        assertThat(json.get("errors").isEmpty()).isTrue();
        assertThat(Files.readString(page)).contains("<svg").contains("p95").contains("20 |");

        List<String> again = new ArrayList<>(List.of(load));
        again.addAll(List.of("--chart", picture.toString()));
        JsonNode same =
                bench(server.url() + "/v1", again.toArray(String[]::new)).json();
        assertThat(same.get("prompt_tokens").asInt())
                .as("the same seed asks the same")
                .isEqualTo(json.get("prompt_tokens").asInt());
        assertThat(Files.readAllBytes(picture)).startsWith(0x89, 'P', 'N', 'G');
    }

    @Test
    void requestsArriveAtARateAndPromptsComeOfAFile() throws IOException {
        Path prompts = Files.writeString(home.resolve("prompts.jsonl"), """
                {"prompt": "Hello", "max_tokens": 3}
                {"prompt": "Hello world"}
                """);
        Ended run = bench(
                server.url(),
                "--rate",
                "200",
                "--requests",
                "6",
                "--prompts",
                prompts.toString(),
                "-g",
                "5",
                "--ignore-eos",
                "--chat",
                "-m",
                "tiny");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("200.00 requests/s arrive")
                .contains("| 6 |")
                .contains("to the first token");
        assertThat(run.out()).containsPattern("\\| \\d+ \\| 24 \\|\\R"); // three answers of 3 tokens, three of 5
        assertThat(bench(server.url(), "--duration", "1", "--streams", "2", "-p", "2", "-g", "2", "--json")
                        .json()
                        .get("seconds")
                        .asDouble())
                .isGreaterThan(0.5);
    }

    @Test
    void whatGoesWrongIsCountedByItsKind() throws IOException {
        Ended refused = bench(server.url(), "-m", "nobody", "--requests", "3");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).contains("Errors: status 404 3 times").contains("nobody");
        List<String> answers = new CopyOnWriteArrayList<>(List.of(
                "data: {\"choices\": [{\"text\": \"a\"}]}\n\n: quiet\n\ndata: {\"choices\": [{\"text\": \"b\"}]}\r\n\r\n"
                        + "data: [DONE]\n\n",
                "data: {\"choices\": [{\"text\": \"a\"}]}\n\n",
                "data: {\"error\": {\"message\": \"no\"}}\n\ndata: [DONE]\n\n",
                "data: {\n\n"));
        HttpServer odd = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        odd.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        odd.createContext("/v1/completions", exchange -> answer(exchange, answers.removeFirst()));
        odd.start();
        try {
            JsonNode json = bench(
                            "http://127.0.0.1:" + odd.getAddress().getPort(),
                            "--streams",
                            "1",
                            "--requests",
                            "4",
                            "--json")
                    .json();
            assertThat(json.get("answered").asInt()).isEqualTo(1);
            assertThat(json.get("answer_tokens").asInt())
                    .as("pieces, as nobody counts")
                    .isEqualTo(2);
            assertThat(json.get("errors").propertyNames())
                    .containsExactly("an event that is no JSON", "broken off", "error in the stream");
            assertThat(json.get("details").values())
                    .extracting(JsonNode::asString)
                    .contains("an event that is no JSON: {", "error in the stream: {\"message\":\"no\"}");
        } finally {
            odd.stop(0);
        }
        Ended nobody = bench("http://127.0.0.1:" + odd.getAddress().getPort(), "--requests", "1");
        assertThat(nobody.code()).isEqualTo(1);
        assertThat(nobody.err()).contains("answered no request: no connection");
    }

    @Test
    void anAnswerThatNeverEndsIsGivenUp() throws IOException {
        CountDownLatch over = new CountDownLatch(1);
        HttpServer slow = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        slow.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        slow.createContext("/v1/completions", exchange -> {
            boolean begins = exchange.getRequestBody().readAllBytes().length % 2 == 0;
            if (begins) {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write("data: {}\n\n".getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
        slow.start();
        try {
            // one of the prompts makes a body of even, the other of odd length
            Path prompts = Files.writeString(home.resolve("p.jsonl"), "{\"prompt\": \"a\"}\n{\"prompt\": \"ab\"}\n");
            Ended run = bench(
                    "http://127.0.0.1:" + slow.getAddress().getPort(),
                    "--timeout",
                    "1",
                    "--requests",
                    "2",
                    "--prompts",
                    prompts.toString());
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).contains("Errors: timeout 2 times");
        } finally {
            over.countDown();
            slow.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, String events) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            byte[] body = events.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Test
    void flagsThatDoNotGoTogetherAreMisuse() throws IOException {
        String url = server.url();
        assertThat(List.of(
                        bench(url, "--rate", "1", "--streams", "2"),
                        bench(url, "--rate", "0"),
                        bench(url, "--rate", "NaN"),
                        bench(url, "--streams", "0"),
                        bench(url, "-p", "9-3"),
                        bench(url, "-g", "many"),
                        bench(url, "--chart", "load.pdf"),
                        bench(url, "--deadline", "0"),
                        bench("file:/etc/passwd")))
                .allSatisfy(run -> assertThat(run.code()).as(run.err()).isEqualTo(2));
        assertThat(bench("http://models.example/v1").err())
                .contains("in the clear")
                .doesNotContain(KEY);
        Path bad = Files.writeString(home.resolve("bad.jsonl"), "{\"prompt\": \"a\", \"max_tokens\": 0}\n");
        assertThat(bench(url, "--prompts", bad.toString()).err()).contains("bad.jsonl line 1");
    }
}
