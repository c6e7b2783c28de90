package dev.jemma.cli.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A completions endpoint on the loopback. It makes a token of every character, each with the log-probability −1, or of
 * every id; and can be told to fail.
 */
public final class FakeCompletions implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    /** A request as it came. */
    public record Seen(JsonNode body, String authorization) {}

    public final List<Seen> seen = new CopyOnWriteArrayList<>();

    /** Statuses of the next answers; then all is well. */
    public final List<Integer> statuses = new CopyOnWriteArrayList<>();

    /** What is sent instead of an answer, if anything. */
    public final List<String> bodies = new CopyOnWriteArrayList<>();

    private final HttpServer server;

    public FakeCompletions() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/completions", this::answer);
        server.start();
    }

    public String url() {
        return "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + server.getAddress().getPort() + "/v1";
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
            String key = exchange.getRequestHeaders().getFirst("Authorization");
            seen.add(new Seen(body, key == null ? "" : key));
            int status = statuses.isEmpty() ? 200 : statuses.removeFirst();
            String text = !bodies.isEmpty() ? bodies.getFirst() : status == 200 ? completion(body) : "";
            exchange.getResponseHeaders().set("Retry-After", "0");
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        }
    }

    private static String completion(JsonNode body) {
        var root = JSON.createObjectNode();
        var choice = root.putArray("choices").addObject();
        choice.put("text", " 42\n");
        if (body.path("echo").asBoolean()) {
            JsonNode prompt = body.path("prompt");
            int count = prompt.isArray() ? prompt.size() : prompt.asString().length();
            var lists = choice.putObject("logprobs");
            for (int i = 0; i <= count; i++) {
                boolean text = prompt.isString() && i < count;
                lists.withArray("tokens").add(text ? prompt.asString().substring(i, i + 1) : "?");
                if (i == 0) {
                    lists.withArray("token_logprobs").addNull();
                } else {
                    lists.withArray("token_logprobs").add(-1);
                }
            }
        }
        return JSON.writeValueAsString(root);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
