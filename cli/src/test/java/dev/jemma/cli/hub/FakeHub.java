package dev.jemma.cli.hub;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server on the loopback that behaves as the hub does: ranges, ETags, redirects, and the ways in which things break. */
final class FakeHub implements AutoCloseable {
    /** A request as it came. */
    record Seen(String path, Map<String, List<String>> headers) {
        String header(String name) {
            return String.join(",", headers.getOrDefault(name, List.of()));
        }
    }

    final List<Seen> seen = new CopyOnWriteArrayList<>();
    final Map<String, byte[]> files = new ConcurrentHashMap<>();
    final Map<String, String> redirects = new ConcurrentHashMap<>();
    final Map<String, Integer> statuses = new ConcurrentHashMap<>();
    final Map<String, String> etags = new ConcurrentHashMap<>();
    final Map<String, String> linkedSha256 = new ConcurrentHashMap<>();

    /** Bytes after which the connection breaks, one for each request to come; then it holds. */
    final List<Integer> breaks = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    FakeHub() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    URI address() {
        return URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":"
                + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            seen.add(new Seen(path, Map.copyOf(exchange.getRequestHeaders())));
            Headers out = exchange.getResponseHeaders();
            if (linkedSha256.containsKey(path)) {
                out.add("X-Linked-ETag", "\"" + linkedSha256.get(path) + "\"");
                out.add("X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567");
            }
            if (redirects.containsKey(path)) {
                out.add("Location", redirects.get(path));
                exchange.sendResponseHeaders(302, -1);
            } else if (statuses.containsKey(path)) {
                exchange.sendResponseHeaders(statuses.get(path), -1);
            } else if (!files.containsKey(path)) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                send(exchange, path, out);
            }
        }
    }

    private void send(HttpExchange exchange, String path, Headers out) throws IOException {
        byte[] file = files.get(path);
        String etag = "\"" + etags.getOrDefault(path, Integer.toHexString(Arrays.hashCode(file))) + "\"";
        out.add("ETag", etag);
        String range = exchange.getRequestHeaders().getFirst("Range");
        String guard = exchange.getRequestHeaders().getFirst("If-Range");
        int from = 0;
        int status = 200;
        if (range != null && (guard == null || guard.equals(etag))) {
            from = Integer.parseInt(range.replaceAll("\\D", ""));
            if (from >= file.length) {
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            status = 206;
            out.add("Content-Range", "bytes " + from + "-" + (file.length - 1) + "/" + file.length);
        }
        exchange.sendResponseHeaders(status, file.length - from);
        int length = file.length - from;
        if (!breaks.isEmpty()) {
            length = Math.min(length, breaks.removeFirst());
        }
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(file, from, length);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
