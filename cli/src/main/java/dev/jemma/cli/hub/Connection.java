package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * HTTP as the environment wants it: proxy, company certificates, short connect timeout. Follows redirects by itself, so
 * that the Hugging Face token goes to the hub's own address and to nobody that it sends us on to.
 */
final class Connection implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration FIRST_ANSWER = Duration.ofSeconds(30);
    private static final int MOST_REDIRECTS = 8;

    private final HttpClient client;
    private final HubSettings settings;

    Connection(HubSettings settings) {
        this.settings = settings;
        client = client(settings);
    }

    /** A client with the environment's proxies and certificates that follows no redirect. */
    static HttpClient client(HubSettings settings) {
        Proxies proxies = new Proxies(settings.environment());
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(
                        HttpClient.Version.HTTP_1_1) // one large body: nothing to gain from streams within a connection
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT)
                .proxy(proxies);
        proxies.authenticator().ifPresent(authenticator -> {
            // Read once, when the client's classes are first used; without it Java gives no password to a tunnel's
            // proxy.
            System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
            builder.authenticator(authenticator);
        });
        settings.caFile().ifPresent(pem -> builder.sslContext(Certificates.trusting(pem)));
        return builder.build();
    }

    /**
     * An answer after all redirects.
     *
     * @param sha256 of the file behind the address, as the hub tells it on the way
     * @param commit of the repository, as the hub tells it on the way
     */
    record Answer(HttpResponse<InputStream> response, Optional<String> sha256, Optional<String> commit)
            implements AutoCloseable {
        int status() {
            return response.statusCode();
        }

        Optional<String> header(String name) {
            return response.headers().firstValue(name);
        }

        InputStream body() {
            return response.body();
        }

        @Override
        public void close() {
            try {
                response.body().close();
            } catch (IOException e) {
                return; // nothing more is wanted from it
            }
        }
    }

    /** The hub's address. */
    URI endpoint() {
        return settings.endpoint();
    }

    /**
     * Asks for an address. Every status but a redirect is returned.
     *
     * @throws IOException if the server cannot be reached or breaks off
     */
    Answer get(URI start, Map<String, String> headers) throws IOException {
        if (settings.offline()) {
            throw new UnavailableException("offline: " + start.getHost() + " was not asked");
        }
        URI uri = start;
        Optional<String> sha256 = Optional.empty();
        Optional<String> commit = Optional.empty();
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                    .timeout(FIRST_ANSWER)
                    .header("User-Agent", "jemma")
                    .header("Accept-Encoding", "identity");
            headers.forEach(request::header);
            boolean hub = sameOrigin(uri, settings.endpoint());
            if (hub) {
                settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
            }
            HttpResponse<InputStream> response = send(request);
            if (hub) {
                sha256 = sha256.or(() -> linkedSha256(response));
                commit = commit.or(() ->
                        response.headers().firstValue("X-Repo-Commit").filter(text -> text.matches("[0-9a-f]{7,64}")));
            }
            int status = response.statusCode();
            Answer answer = new Answer(response, sha256, commit);
            if (status < 301 || status > 308 || status == 304) {
                return answer;
            }
            URI from = uri;
            try (answer) {
                uri = answer.header("Location")
                        .map(location -> target(from, location))
                        .orElseThrow(() -> new UnavailableException(
                                from.getHost() + " answers " + status + " without saying where to go"));
            }
        }
        throw new UnavailableException(start.getHost() + " redirects in a circle");
    }

    /** Asks for a small text, of at most {@code mostBytes}. */
    String text(URI uri, int mostBytes) throws IOException {
        try (Answer answer = get(uri, Map.of())) {
            check(answer.status(), uri);
            byte[] bytes = answer.body().readNBytes(mostBytes + 1);
            if (bytes.length > mostBytes) {
                throw new UnavailableException(uri.getHost() + " answers with more than " + mostBytes + " bytes");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** Turns a status that is no success into a sentence with what to do. */
    void check(int status, URI uri) {
        if (status / 100 == 2) {
            return;
        }
        String host = uri.getHost();
        boolean hub = sameOrigin(uri, settings.endpoint());
        throw new UnavailableException(
                switch (status) {
                    case 401, 403 ->
                        host + " refuses access to " + uri.getPath() + " (" + status + ")"
                                + (!hub
                                        ? ""
                                        : settings.token().isPresent()
                                                ? ": accept the model's terms on its page there with the account of HF_TOKEN"
                                                : ": the model is gated or private; accept its terms on its page there and set HF_TOKEN");
                    case 404, 410 -> host + " has no " + uri.getPath() + " (" + status + ")";
                    default -> host + " answers " + status + " for " + uri.getPath();
                });
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    private HttpResponse<InputStream> send(HttpRequest.Builder request) throws IOException {
        try {
            return client.send(request.build(), BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("interrupted").initCause(e);
        }
    }

    private static URI target(URI from, String location) {
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw new UnavailableException(from.getHost() + " redirects to what is no address", e);
        }
        boolean secure =
                "https".equals(to.getScheme()) || (!"https".equals(from.getScheme()) && "http".equals(to.getScheme()));
        if (!secure || to.getHost() == null) {
            throw new JemmaException(from.getHost() + " redirects to " + to.getScheme() + "://" + to.getHost()
                    + ", which is not secure: not followed");
        }
        return to;
    }

    /** The hub's ETag of a large file is its SHA-256. */
    private static Optional<String> linkedSha256(HttpResponse<InputStream> response) {
        return response.headers()
                .firstValue("X-Linked-ETag")
                .map(etag -> etag.replace("\"", ""))
                .filter(etag -> etag.matches("[0-9a-f]{64}"));
    }

    static boolean sameOrigin(URI a, URI b) {
        return String.valueOf(a.getScheme()).equalsIgnoreCase(b.getScheme())
                && String.valueOf(a.getHost()).equalsIgnoreCase(b.getHost())
                && port(a) == port(b);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }
}
