package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.serve.TinyServer.Reply;
import dev.jemma.serve.protocol.ApiException;
import dev.jemma.serve.transport.ApiKeys;
import dev.jemma.serve.transport.Gate;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may speak to a server, and who may see what. */
class SecurityTest {
    private static final String BODY =
            "{\"prompt\": \"Hello world, this is a long beginning of a prompt that takes more"
                    + " than sixteen tokens\", \"max_tokens\": 2}";

    @TempDir
    Path folder;

    private static String raw(TinyServer tiny, String request) throws IOException {
        try (Socket socket = tiny.connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            byte[] head = new byte[4096];
            int n = socket.getInputStream().read(head);
            return new String(head, 0, Math.max(0, n), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void aNameThatIsPointedAtThisMachineIsNoHostOfOurs() throws IOException {
        try (TinyServer tiny = TinyServer.start(o -> o.allowedHosts(Set.of("gemma.example")))) {
            for (String host : List.of("evil.example", "127.0.0.1.evil.example", "evil.example:8080")) {
                assertThat(raw(tiny, "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
                        .startsWith("HTTP/1.1 403");
            }
            assertThat(raw(tiny, "GET /health HTTP/1.1\r\nHost: probe.example\r\n\r\n"))
                    .startsWith("HTTP/1.1 200");
            for (String host : List.of("localhost", "127.0.0.1:" + tiny.server.port(), "[::1]:1", "GEMMA.example")) {
                assertThat(raw(tiny, "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
                        .startsWith("HTTP/1.1 200");
            }
            assertThat(raw(tiny, "GET /v1/models HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 4");
        }
    }

    @Test
    void pagesOfOtherOriginsMayNotCallUnlessTheyAreListed() {
        Gate gate = new Gate(Gate.LOOPBACK, Set.of("https://app.example"));
        Optional<String> here = Optional.of("localhost:8080");
        assertThat(gate.check(here, Optional.empty())).isEmpty();
        assertThat(gate.check(here, Optional.of("http://localhost:8080"))).isEmpty();
        assertThat(gate.check(here, Optional.of("https://app.example"))).contains("https://app.example");
        for (String origin : List.of("null", "http://localhost:9090", "https://app.example.evil", "http://[")) {
            assertThatThrownBy(() -> gate.check(here, Optional.of(origin))).isInstanceOf(ApiException.class);
        }
        try (TinyServer tiny = TinyServer.start(o -> o.allowedOrigins(Set.of("https://app.example")))) {
            Reply allowed = tiny.get("/v1/models", "Origin", "https://app.example");
            assertThat(allowed.response().headers().firstValue("access-control-allow-origin"))
                    .contains("https://app.example");
            Reply refused = tiny.get("/v1/models", "Origin", "https://evil.example");
            assertThat(refused.status()).isEqualTo(403);
            assertThat(refused.response().headers().firstValue("access-control-allow-origin"))
                    .isEmpty();
        }
    }

    @Test
    void anAddressThatOthersCanReachNeedsKeysOrTheWordInsecure() {
        assertThatThrownBy(() -> TinyServer.start(o -> o.host("0.0.0.0")))
                .isInstanceOf(ServeException.class)
                .hasMessageContaining("--api-keys")
                .hasMessageContaining("--insecure");
        try (TinyServer tiny = TinyServer.start(o -> o.host("0.0.0.0").insecure(true))) {
            assertThat(tiny.server.port()).isPositive();
        }
    }

    @Test
    void withoutAKeyOnlyHealthAndReadinessAreToldAndPrefixesAreNotShared() throws IOException {
        String mine = "mine-0123456789abcdef";
        String yours = "yours-0123456789abcdef";
        Path file = Files.writeString(folder.resolve("keys"), "# two callers\nann " + mine + "\nbob " + yours + "\n");
        try (TinyServer tiny = TinyServer.start(o -> o.apiKeys(file))) {
            assertThat(tiny.get("/health").status()).isEqualTo(200);
            assertThat(tiny.get("/ready").status()).isEqualTo(200);
            for (String path : List.of("/v1/models", "/metrics", "/openapi.json", "/nothing")) {
                assertThat(tiny.get(path).status()).as(path).isEqualTo(401);
                assertThat(tiny.get(path, "Authorization", "Bearer wrong-0123456789abcdef")
                                .status())
                        .isEqualTo(401);
            }
            assertThat(cached(tiny, mine)).isZero();
            assertThat(cached(tiny, mine)).isPositive();
            assertThat(cached(tiny, yours)).isZero(); // another caller learns nothing of it
        }
        try (TinyServer tiny = TinyServer.start(o -> o.apiKeys(file).sharePrefixes(true))) {
            assertThat(cached(tiny, mine)).isZero();
            assertThat(cached(tiny, yours)).isPositive();
        }
    }

    private static int cached(TinyServer tiny, String key) {
        Reply reply = tiny.post("/v1/completions", BODY, "Authorization", "Bearer " + key);
        assertThat(reply.status()).as(reply.body()).isEqualTo(200);
        return reply.json().at("/usage/prompt_tokens_details/cached_tokens").asInt();
    }

    @Test
    void keysMayStandInTheFileAsDigestsAndMustNotBeShort() throws IOException {
        // SHA-256 of "abc", from the standard that defines it
        String digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        ApiKeys keys = ApiKeys.read(Files.writeString(folder.resolve("hashed"), "abc sha256:" + digest));
        assertThat(keys.caller(Optional.of("Bearer abc"))).contains("abc");
        assertThat(keys.caller(Optional.of("Bearer abd"))).isEmpty();
        assertThat(keys.caller(Optional.of("Basic abc"))).isEmpty();
        assertThat(keys.caller(Optional.empty())).isEmpty();
        for (String bad : List.of("short", "sha256:zz", "", "# nothing")) {
            Path file = Files.writeString(folder.resolve("bad"), bad);
            assertThatThrownBy(() -> ApiKeys.read(file)).isInstanceOf(ServeException.class);
        }
    }

    @Test
    void httpsIsSpokenWithPemFiles() throws Exception {
        Path store = folder.resolve("store.p12");
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        Process made = new ProcessBuilder(
                        tool.toString(),
                        "-genkeypair",
                        "-alias",
                        "me",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        "changeit")
                .redirectErrorStream(true)
                .start();
        made.getInputStream().readAllBytes();
        assertThat(made.waitFor()).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
        Path certificate = pem("CERTIFICATE", keys.getCertificate("me").getEncoded());
        Path key =
                pem("PRIVATE KEY", keys.getKey("me", "changeit".toCharArray()).getEncoded());
        SSLContext context = trusting(certificate);
        try (TinyServer tiny = TinyServer.start(o -> o.tls(certificate, key));
                HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
            assertThat(tiny.server.url()).startsWith("https://");
            HttpRequest request = HttpRequest.newBuilder(URI.create(tiny.server.url() + "/v1/completions"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(BODY))
                    .build();
            for (int i = 0; i < 2; i++) { // the second one on the same connection
                HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            }
            try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", tiny.server.port())) {
                socket.setSoTimeout(20_000); // the server's own limit for an idle connection is longer
                socket.getOutputStream().write(TinyServer.raw("/v1/completions", BODY, "Connection: close"));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 200");
            }
        }
        assertThatThrownBy(() -> TinyServer.start(o -> o.tls(key, certificate))).isInstanceOf(ServeException.class);
    }

    private Path pem(String what, byte[] der) throws IOException {
        String text = java.util.Base64.getMimeEncoder().encodeToString(der);
        String pem = "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
        return Files.writeString(folder.resolve(what.replace(' ', '-') + ".pem"), pem);
    }

    private static SSLContext trusting(Path certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(certificate)) {
            trusted.setCertificateEntry(
                    "me", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
