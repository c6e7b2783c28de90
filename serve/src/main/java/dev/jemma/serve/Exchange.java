package dev.jemma.serve;

import dev.jemma.infer.CacheScope;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.protocol.Fields;
import dev.jemma.serve.protocol.Wire;
import dev.jemma.serve.transport.Client;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** One request and its answer, with what the log and the metrics say about it. */
final class Exchange {
    static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");
    private static final int LARGEST_DRAIN = 1 << 16;

    private final ServerRequest request;
    private final ServerResponse response;
    private final Client client;
    private final BodyBudget bodies;
    private final String id;
    private final long startNanos = System.nanoTime();
    private CacheScope scope = CacheScope.COMMON;
    private String caller = "-";
    private String model = "-";
    private long promptTokens;
    private long completionTokens;
    private int status;
    private long bodyBytes;

    Exchange(ServerRequest request, ServerResponse response, Client client, BodyBudget bodies, String id) {
        this.request = request;
        this.response = response;
        this.client = client;
        this.bodies = bodies;
        this.id = id;
        response.headers().set(REQUEST_ID, id);
        header("X-Content-Type-Options", "nosniff");
        header("Cache-Control", "no-store");
    }

    String id() {
        return id;
    }

    Client client() {
        return client;
    }

    /** A key was shown: the caller's cached beginnings are its own. */
    void calledBy(String name, CacheScope ownScope) {
        caller = name;
        scope = ownScope;
    }

    CacheScope scope() {
        return scope;
    }

    void answeredBy(String name) {
        model = name;
    }

    void used(long prompt, long completion) {
        promptTokens = prompt;
        completionTokens = completion;
    }

    double seconds() {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    long startNanos() {
        return startNanos;
    }

    /**
     * Looks whether somebody still waits for the answer, and may.
     *
     * @param mostTime since the request began
     * @throws Delivery.Gone if the client left
     * @throws ApiException 504 if it took too long
     */
    void checkWanted(Duration mostTime) {
        if (client.isGone()) {
            throw new Delivery.Gone();
        }
        if (System.nanoTime() - startNanos >= mostTime.toNanos()) {
            throw ApiException.deadline(Math.max(1, mostTime.toSeconds()));
        }
    }

    /** The status that was sent, 0 if none was. */
    int status() {
        return status;
    }

    /** The path that was asked for, decoded. */
    String path() {
        return request.path().path();
    }

    Optional<String> header(HeaderName name) {
        return request.headers().first(name);
    }

    void header(String name, String value) {
        response.headers().set(HeaderNames.create(name), value);
    }

    /**
     * The body's fields.
     *
     * @param limitBytes most bytes of it
     * @throws ApiException if it is not JSON, or too large
     */
    Fields body(int limitBytes) {
        String type =
                header(HeaderNames.CONTENT_TYPE).orElse("application/json").toLowerCase(Locale.ROOT);
        if (!type.startsWith("application/json")) {
            throw ApiException.notJson();
        }
        long announced = request.headers().contentLength().orElse(0);
        if (announced > limitBytes) {
            closeAfter();
            throw ApiException.tooLarge(limitBytes);
        }
        client.reading();
        if (!request.content().hasEntity()) {
            throw ApiException.invalid("", "the body is empty: send a JSON object");
        }
        long reserved = announced > 0 ? announced : limitBytes; // chunks do not say how much comes
        bodies.take(reserved);
        bodyBytes = reserved;
        byte[] body;
        try (InputStream in = request.content().inputStream()) {
            body = in.readNBytes(limitBytes);
            if (body.length == limitBytes && in.read() >= 0) {
                closeAfter();
                throw ApiException.tooLarge(limitBytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RequestException e) { // chunks that are none, or too many of them
            closeAfter();
            throw e.status().code() == 413
                    ? ApiException.tooLarge(limitBytes)
                    : ApiException.invalid("", "the body is not framed as HTTP has it");
        }
        client.waiting(); // what follows is our own time, not the sender's
        bodies.giveBack(reserved, body.length);
        bodyBytes = body.length;
        return Wire.read(body);
    }

    /** The request is done with. */
    void close() {
        bodies.giveBack(bodyBytes, 0);
        bodyBytes = 0;
    }

    /** Reads what came with a request that is refused unread, so far as it is small, else closes the connection. */
    void skipBody() {
        long announced =
                request.headers().contentLength().orElse(request.content().hasEntity() ? Long.MAX_VALUE : 0);
        if (announced > LARGEST_DRAIN) {
            closeAfter();
        }
    }

    private void closeAfter() {
        client.leavesUnread();
        response.headers().set(HeaderNames.CONNECTION, "close");
    }

    void json(int code, JsonNode body) {
        send(code, "application/json", Wire.bytes(body));
    }

    void error(ApiException error) {
        error.retryAfterSeconds().ifPresent(s -> header("Retry-After", Integer.toString(s)));
        if (error.status() == 401) {
            header("WWW-Authenticate", "Bearer");
        }
        json(error.status(), error.body());
    }

    void send(int code, String contentType, byte[] body) {
        status = code;
        client.writing();
        response.status(code);
        header("Content-Type", contentType);
        response.send(body);
    }

    void empty(int code) {
        status = code;
        client.writing();
        response.status(code).send();
    }

    /** Begins an answer that comes piece by piece. */
    OutputStream stream(String contentType) {
        status = 200;
        client.writing();
        response.status(200);
        header("Content-Type", contentType);
        return response.outputStream();
    }

    /** Whether an answer was begun. */
    boolean begun() {
        return status != 0;
    }

    /** One line for the log; nothing that was asked or answered stands in it. */
    String line(String method, String path) {
        return String.format(
                Locale.ROOT,
                "request id=%s method=%s path=%s status=%d caller=\"%s\" model=\"%s\" prompt_tokens=%d"
                        + " completion_tokens=%d ms=%.1f",
                id,
                method,
                path,
                status,
                caller,
                model,
                promptTokens,
                completionTokens,
                1e3 * seconds());
    }
}
