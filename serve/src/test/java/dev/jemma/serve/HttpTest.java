package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What plain clients of HTTP see, byte by byte. */
class HttpTest {
    private static final int BODY_BYTES = 48 << 20;

    private static TinyServer tiny;

    @BeforeAll
    static void start() {
        tiny = TinyServer.start();
    }

    @AfterAll
    static void stop() {
        tiny.awaitMetric("jemma_connections", 1);
        tiny.close();
    }

    private static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n\r\n";
    }

    /** Sends all of it before it reads, as simple clients do, and reads to the end. */
    private static String answer(String head, byte[] body, int times) throws IOException {
        try (Socket socket = tiny.connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            for (int i = 0; i < times; i++) {
                out.write(body);
            }
            out.flush();
            return answer(socket.getInputStream());
        }
    }

    /** Head and body of one answer. */
    private static String answer(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                return head.toString();
            }
            head.append((char) c);
        }
        int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"/v1/completions, 413", "/nowhere, 404", "/v1/models, 405"})
    void whoeverSendsAllOfALargeBodyFirstSeesWhyItWasRefused(String path, int status) throws IOException {
        byte[] part = " ".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
        String head = lines(
                "POST " + path + " HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/json",
                "Content-Length: " + BODY_BYTES);
        for (int i = 0; i < 5; i++) {
            String answer = answer(head, part, BODY_BYTES >> 20);
            assertThat(answer).startsWith("HTTP/1.1 413").contains("Connection: close", "{\"error\":");
        }
        String chunks = head.replaceAll("Content-Length: \\d+", "Transfer-Encoding: chunked");
        byte[] chunk = ("100000\r\n" + " ".repeat(1 << 20) + "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThat(answer(chunks, chunk, BODY_BYTES >> 20))
                .startsWith("HTTP/1.1 " + status)
                .contains("{\"error\":");
    }

    @Test
    void aBodyThatIsTooLargeIsRefusedBeforeItIsSentIfTheClientWaits() throws IOException {
        String head = lines(
                "POST /v1/completions HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/json",
                "Expect: 100-continue",
                "Content-Length: " + BODY_BYTES);
        assertThat(answer(head, new byte[0], 0)).startsWith("HTTP/1.1 413").contains("larger than 8388608 bytes");
    }

    @Test
    void aClientThatWaitsIsToldToGoOn() throws IOException {
        String body = "{\"prompt\": \"a\", \"max_tokens\": 1}";
        try (Socket socket = tiny.connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(lines(
                            "POST /v1/completions HTTP/1.1",
                            "Host: localhost",
                            "Content-Type: application/json",
                            "Expect: 100-continue",
                            "Content-Length: " + body.length())
                    .getBytes(StandardCharsets.US_ASCII));
            byte[] goOn = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            assertThat(socket.getInputStream().readNBytes(goOn.length)).isEqualTo(goOn);
            out.write(body.getBytes(StandardCharsets.US_ASCII));
            assertThat(answer(socket.getInputStream()))
                    .startsWith("HTTP/1.1 200")
                    .contains("text_completion");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET /health HTTP/1.0, 505, speaks HTTP/1.1",
        "GET /health?LONG HTTP/1.1, 414, path is too long",
        "GET /health HTTP/1.1~X: LONG, 400, head is longer",
        "GET /hea lth HTTP/1.1, 400, not a valid HTTP request",
        "POST /tokenize HTTP/1.1~Content-Encoding: gzip~Content-Length: 1, 400, without 'Content-Encoding'",
    })
    void whatCannotBeReadIsToldApart(String start, int status, String words) throws IOException {
        String head = lines(start.replace("~", "\r\n").replace("LONG", "a".repeat(40_000)), "Host: localhost");
        assertThat(answer(head, new byte[0], 0))
                .startsWith("HTTP/1.1 " + status)
                .contains(words);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DELETE /v1/models", "OPTIONS /v1/models", "GET /v1/completions", "PUT /health"})
    void anotherMethodIsRefusedWithThoseThereAre(String start) throws IOException {
        assertThat(answer(lines(start + " HTTP/1.1", "Host: localhost"), new byte[0], 0))
                .startsWith("HTTP/1.1 405")
                .contains(start.endsWith("completions") ? "Allow: POST\r\n" : "Allow: GET, HEAD\r\n");
    }

    @Test
    void requestsThatComeTogetherAreAnsweredInTheirOrder() throws IOException {
        String body = "{\"prompt\": \"a\", \"max_tokens\": 2}";
        String both = lines("GET /health HTTP/1.1", "Host: localhost")
                + lines(
                        "POST /v1/completions HTTP/1.1",
                        "Host: localhost",
                        "Content-Type: application/json",
                        "Content-Length: " + body.length())
                + body
                + lines("GET /v1/models HTTP/1.1", "Host: localhost");
        try (Socket socket = tiny.connect()) {
            socket.getOutputStream().write(both.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(answer(in)).contains("\"ok\"");
            assertThat(answer(in)).contains("text_completion");
            assertThat(answer(in)).contains("\"list\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/models/", "/v1/models/tiny/x", "/v1/models/..%2fmodels", "/v1/models//tiny"})
    void whatIsNoNameOfAModelIsNotFound(String path) throws IOException {
        assertThat(answer(lines("GET " + path + " HTTP/1.1", "Host: localhost"), new byte[0], 0))
                .startsWith("HTTP/1.1 404");
    }

    @Test
    void oneModelIsDescribedByItsName() {
        String all = tiny.get("/v1/models").json().at("/data/0").toString();
        assertThat(tiny.get("/v1/models/tiny").body()).isEqualTo(all);
        TinyServer.Reply other = tiny.get("/v1/models/other");
        assertThat(other.status()).isEqualTo(404);
        assertThat(other.error().get("code").asString()).isEqualTo("model_not_found");
    }
}
