package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.eval.remote.Line;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The completions and conversations of an OpenAI-compatible server over HTTP, with the proxies and certificates that downloads have.
 * Follows no redirect and sends the key to that one address, never in the clear to another machine.
 */
public final class Endpoint implements Line, AutoCloseable {
    private static final int MOST_BYTES = 64 << 20;

    private final HttpClient client;
    private final URI base;
    private final Optional<String> key;
    private final Duration timeout;

    /**
     * Opens nothing yet.
     *
     * @param base the address before {@code /completions}
     * @throws JemmaException if the key would go over the net in the clear, or cannot stand in a header
     */
    public Endpoint(HubSettings settings, URI base, Optional<String> key, Duration timeout) {
        check(base, key);
        this.client = Connection.client(settings);
        this.base = base;
        this.key = key;
        this.timeout = timeout;
    }

    /**
     * Whether the key may go there.
     *
     * @throws JemmaException if it would go over the net in the clear, or cannot stand in a header
     */
    public static void check(URI base, Optional<String> key) {
        if (key.isPresent() && !key.get().matches("[\\x21-\\x7e]+")) {
            throw new JemmaException(
                    "the endpoint's key holds spaces or odd characters; set the variable to the key alone");
        }
        if (key.isPresent() && !"https".equals(base.getScheme()) && !isHere(base)) {
            throw new JemmaException("the key would go to " + base.getHost() + " in the clear; use https");
        }
    }

    private static boolean isHere(URI base) {
        String host = base.getHost();
        try {
            return host.equals("localhost")
                    || (host.matches("[0-9.]+|\\[.*]")
                            && InetAddress.getByName(host).isLoopbackAddress());
        } catch (UnknownHostException e) {
            return false;
        }
    }

    @Override
    public Reply post(String path, String json) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + "/" + path))
                .timeout(timeout)
                .header("User-Agent", "jemma")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json));
        key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new IOException(Download.reason(e), e);
        }
        return new Reply(response.statusCode(), body(response.body()), retryAfter(response));
    }

    /** The whole body, unless it is too long or stops coming. */
    private String body(InputStream in) throws IOException, InterruptedException {
        CompletableFuture<byte[]> bytes = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            try (in) {
                bytes.complete(in.readNBytes(MOST_BYTES + 1));
            } catch (IOException | RuntimeException e) {
                bytes.completeExceptionally(e);
            }
        });
        try {
            byte[] all = bytes.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (all.length > MOST_BYTES) {
                throw new JemmaException(base.getHost() + " answers with more than " + MOST_BYTES + " bytes");
            }
            return new String(all, StandardCharsets.UTF_8);
        } catch (TimeoutException e) {
            throw new IOException("its answer stops after a part", e);
        } catch (ExecutionException e) {
            throw new IOException("its answer breaks off", e);
        } finally {
            in.close();
            reader.interrupt();
        }
    }

    private static Optional<Duration> retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,6}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)));
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
