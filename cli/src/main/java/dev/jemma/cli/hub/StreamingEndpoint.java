package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Answers of an OpenAI-compatible server as they are written: server-sent events over HTTP, with the proxies, certificates
 * and rules about keys that {@link Endpoint} has. Any number of threads may ask at a time.
 */
public final class StreamingEndpoint implements AutoCloseable {
    private static final int LONGEST_LINE = 1 << 20;
    private static final int LONGEST_REFUSAL = 1 << 12;
    private static final String DATA = "data:";

    private final HttpClient client;
    private final URI base;
    private final Optional<String> key;
    private final Duration timeout;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("jemma-load-clock").factory());

    /** What came in the place of an answer. The message is a kind that many such failures share. */
    public static final class FailedException extends JemmaException {
        private static final long serialVersionUID = 1;
        private final String detail;

        /**
         * A failure.
         *
         * @param kind what many such failures share
         * @param detail what this one says beyond it; may be empty
         */
        public FailedException(String kind, String detail) {
            super(kind);
            this.detail = detail;
        }

        /** A failure with its cause. */
        public FailedException(String kind, String detail, Throwable cause) {
            super(kind, cause);
            this.detail = detail;
        }

        /** What this one failure says beyond its kind; may be empty. */
        public String detail() {
            return detail;
        }
    }

    /**
     * Opens nothing yet.
     *
     * @param base the address before {@code /completions}
     * @param timeout for an answer from the request to its end
     * @throws JemmaException if the key would go over the net in the clear, or cannot stand in a header
     */
    public StreamingEndpoint(HubSettings settings, URI base, Optional<String> key, Duration timeout) {
        Endpoint.check(base, key);
        this.client = Connection.client(settings);
        this.base = base;
        this.key = key;
        this.timeout = timeout;
    }

    /**
     * Asks, and hands over the data of each event as it comes; the closing {@code [DONE]} is not handed over.
     *
     * @throws FailedException if the answer does not come, or not to its end
     * @throws InterruptedException if this thread is interrupted
     */
    public void stream(String path, String json, Consumer<String> onData) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + "/" + path))
                .timeout(timeout)
                .header("User-Agent", "jemma")
                .header("Content-Type", "application/json")
                .header("Accept", "text/event-stream")
                .POST(BodyPublishers.ofString(json));
        key.ifPresent(value -> request.header("Authorization", "Bearer " + value));
        long startNanos = System.nanoTime();
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (ConnectException | HttpConnectTimeoutException e) {
            throw new FailedException("no connection", Download.reason(e), e);
        } catch (HttpTimeoutException e) {
            throw new FailedException("timeout", "no answer in " + timeout.toSeconds() + " s", e);
        } catch (IOException e) {
            throw new FailedException("broken off", Download.reason(e), e);
        }
        InputStream body = response.body();
        AtomicBoolean late = new AtomicBoolean();
        long leftNanos = Math.max(0, timeout.toNanos() - (System.nanoTime() - startNanos));
        Future<?> alarm = clock.schedule(() -> end(body, late), leftNanos, TimeUnit.NANOSECONDS);
        try (body) {
            if (response.statusCode() != 200) {
                throw new FailedException(
                        "status " + response.statusCode(),
                        new String(body.readNBytes(LONGEST_REFUSAL), StandardCharsets.UTF_8));
            }
            if (!events(new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8)), onData)) {
                throw late.get() ? timedOut() : new FailedException("broken off", "the stream ends without its mark");
            }
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw (InterruptedException) new InterruptedException().initCause(e);
            }
            throw late.get() ? timedOut() : new FailedException("broken off", Download.reason(e), e);
        } finally {
            alarm.cancel(false);
        }
    }

    private FailedException timedOut() {
        return new FailedException("timeout", "no end in " + timeout.toSeconds() + " s");
    }

    private static void end(InputStream body, AtomicBoolean late) {
        late.set(true);
        try {
            body.close();
        } catch (IOException e) {
            return; // its reader sees the end all the same
        }
    }

    /** Whether the mark of the end came. */
    private static boolean events(BufferedReader in, Consumer<String> onData) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c != '\n') {
                if (line.length() == LONGEST_LINE) {
                    throw new IOException("an event of more than " + LONGEST_LINE + " characters");
                }
                line.append((char) c);
                continue;
            }
            String text = line.toString().strip();
            line.setLength(0);
            if (text.startsWith(DATA)) { // comments and names of events are of no use here
                String data = text.substring(DATA.length()).strip();
                if (data.equals("[DONE]")) {
                    in.transferTo(Writer.nullWriter()); // so that the connection can be used again
                    return true;
                }
                onData.accept(data);
            }
        }
        return false;
    }

    @Override
    public void close() {
        clock.shutdownNow();
        client.shutdownNow();
    }
}
