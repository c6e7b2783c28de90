package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Requests that mean no good, and clients that go away or dawdle: the right error, no thread, sequence or block left
 * behind, and the next one is served. {@code -Djemma.hostile.requests=N} sends more.
 */
class HostileRequestsTest {
    private static final int REQUESTS = Integer.getInteger("jemma.hostile.requests", 120);
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETE = "/v1/completions";
    private static final String LONG = "{\"prompt\": \"Hello\", \"max_tokens\": 240, \"ignore_eos\": true, \"n\": 4}";
    private static final String LONG_STREAM = LONG.replace("}", ", \"stream\": true}");

    private TinyServer tiny;
    private String before;

    @BeforeEach
    void start() {
        tiny = TinyServer.start(o -> o.maxBodyBytes(1 << 16)); // no limit of time that a busy machine could miss
        before = answer();
    }

    /** One that waits for nobody; to be asked by {@link #awaitAsBefore} where it matters that it answers. */
    private static TinyServer hasty() {
        return TinyServer.start(o -> o.headTimeout(Duration.ofMillis(400))
                .bodyTimeout(Duration.ofMillis(1500))
                .idleTimeout(Duration.ofMillis(800)));
    }

    private String answer() {
        return answer(tiny);
    }

    private static String answer(TinyServer server) {
        return server.post(COMPLETE, "{\"prompt\": \"Hello world\", \"max_tokens\": 8, \"temperature\": 0}")
                .text();
    }

    @AfterEach
    void everythingIsAsBefore() {
        tiny.awaitQuiet();
        tiny.awaitMetric("jemma_connections", 1);
        assertThat(answer()).isEqualTo(before);
        tiny.close();
    }

    /** Sends bytes and gives the status of the answer: 0 if the connection was closed without one. */
    private int status(byte[] request) throws IOException {
        return status(tiny, request);
    }

    private static int status(TinyServer server, byte[] request) throws IOException {
        try (Socket socket = server.connect()) {
            try {
                socket.getOutputStream().write(request);
            } catch (SocketException e) {
                // refused half-way: the answer may be there
            }
            return status(socket);
        }
    }

    private static int status(Socket socket) {
        StringBuilder line = new StringBuilder();
        try {
            InputStream in = socket.getInputStream();
            for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
                line.append((char) c);
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("neither an answer nor an end", e);
        } catch (IOException e) {
            return 0;
        }
        return line.isEmpty() ? 0 : Integer.parseInt(line.toString().split(" ")[1]);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void bodiesThatAreNoGoodGetTheErrorThatSaysSo() throws IOException {
        List<String> bad = new ArrayList<>(List.of(
                "",
                "{",
                "[]",
                "null",
                "\"x\"",
                "{\"prompt\": NaN}",
                "{\"prompt\": \"x\", \"temperature\": Infinity}",
                "{\"prompt\": \"x\", \"seed\": 1e99}",
                "{\"prompt\": \"x\"} {}",
                "{\"prompt\": \"x\", \"prompt\": \"y\"}",
                "{\"prompt\": \"x\", \"seed\": " + "9".repeat(5000) + "}",
                "[".repeat(20_000),
                "{\"a\":".repeat(10_000),
                "{\"prompt\": " + "[".repeat(1000) + "]".repeat(1000) + "}",
                "{\"prompt\": \"\\u0000\\ud800\"}",
                "{'prompt': 'x'}",
                "{\"prompt\": \"x\", // comment\n}"));
        for (String body : bad) {
            for (String path : List.of(COMPLETE, CHAT, "/v1/embeddings", "/tokenize", "/detokenize")) {
                assertThat(status(TinyServer.raw(path, body)))
                        .as(path + " " + body.length())
                        .isEqualTo(400);
            }
        }
        byte[] request = TinyServer.raw(COMPLETE, "{\"prompt\": \"xx\"}");
        request[request.length - 3] = (byte) 0xC3; // half a character
        assertThat(status(request)).isEqualTo(400);
        assertThat(tiny.post(COMPLETE, "{\"prompt\": \"" + "x".repeat(1 << 17) + "\"}")
                        .status())
                .isEqualTo(413);
        assertThat(status(bytes(
                        "POST " + COMPLETE + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n")))
                .isEqualTo(413);
        assertThat(status(bytes("POST " + COMPLETE
                        + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")))
                .isEqualTo(415);
    }

    @Test
    void aChunkedBodyWithoutEndStopsAtTheLimit() throws IOException {
        try (Socket socket = tiny.connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(bytes("POST " + COMPLETE
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked"
                    + "\r\n\r\n"));
            try {
                for (int i = 0; i < 1000; i++) {
                    out.write(bytes("1000\r\n" + " ".repeat(4096) + "\r\n"));
                }
            } catch (SocketException e) {
                // closed on us: as it should be
            }
            assertThat(status(socket)).isIn(0, 413);
        }
    }

    @Test
    void manyLargeBodiesAtOnceAreToldToComeAgain() throws IOException {
        List<Socket> held = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) { // as much as all bodies together may take
                Socket socket = tiny.connect();
                held.add(socket);
                socket.getOutputStream()
                        .write(bytes("POST " + COMPLETE + " HTTP/1.1\r\nHost: localhost\r\n"
                                + "Content-Type: application/json\r\nContent-Length: 65536\r\n\r\n"));
            }
            tiny.awaitMetric("jemma_active_requests", 9);
            assertThat(tiny.post(COMPLETE, "{\"prompt\": \"x\", \"max_tokens\": 1}")
                            .status())
                    .isEqualTo(429);
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void pathsAndHeadsThatAreNoGoodFindNothing() throws IOException {
        for (String path : List.of(
                "/../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "//",
                "/v1/../metrics",
                "/v1/models/",
                "/%00",
                "/ x")) {
            assertThat(status(bytes("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")))
                    .as(path)
                    .isBetween(400, 404);
        }
        assertThat(status(bytes("GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")))
                .isIn(0, 400, 414);
        assertThat(status(bytes("GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(100_000) + "\r\n\r\n")))
                .isIn(0, 400, 431);
        assertThat(status(bytes("\u0000\u0001\u0002\r\n\r\n"))).isIn(0, 400, 505);
        assertThat(status(bytes("GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n")))
                .isIn(0, 400, 505);
    }

    @Test
    void clientsThatTrickleOrSayNothingAreThrownOut() throws IOException, InterruptedException {
        try (TinyServer hasty = hasty()) {
            trickle(hasty);
            awaitAsBefore(hasty);
        }
    }

    private static void trickle(TinyServer hasty) throws IOException, InterruptedException {
        byte[] request = TinyServer.raw(COMPLETE, "{\"prompt\": \"" + "x".repeat(10_000) + "\"}");
        List<Socket> silent = List.of(hasty.connect(), hasty.connect());
        try (Socket head = hasty.connect();
                Socket body = hasty.connect()) {
            int entity = new String(request, StandardCharsets.UTF_8).indexOf("\r\n\r\n") + 4;
            body.getOutputStream().write(request, 0, entity);
            boolean headClosed = false;
            boolean bodyClosed = false;
            for (int i = 0; i < 1200 && !(headClosed && bodyClosed); i++) { // a minute, for a busy machine
                headClosed |= !dribble(head, i < entity - 10 ? request[i] : (byte) 'x');
                bodyClosed |= !dribble(body, (byte) ' ');
                Thread.sleep(50);
            }
            assertThat(headClosed).isTrue();
            assertThat(bodyClosed).isTrue();
        }
        for (Socket socket : silent) {
            assertThat(status(socket)).isIn(0, 400, 408);
            socket.close();
        }
    }

    /** Nothing is left, and others are served: at once, or when the machine has time to send a request so fast. */
    private void awaitAsBefore(TinyServer hasty) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (true) {
            try {
                hasty.awaitQuiet();
                assertThat(answer(hasty)).isEqualTo(before);
                return;
            } catch (UncheckedIOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(50);
            }
        }
    }

    private static boolean dribble(Socket socket, byte b) {
        try {
            socket.getOutputStream().write(b);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void clientsThatGoAwayLeaveNothingRunning() throws IOException {
        double gone = tiny.metric("jemma_clients_gone_total");
        for (String body : List.of(LONG, LONG_STREAM)) {
            byte[] request = TinyServer.raw(COMPLETE, body);
            for (int cut : new int[] {0, 1, 20, request.length / 2, request.length - 1}) {
                try (Socket socket = tiny.connect()) {
                    socket.getOutputStream().write(request, 0, cut);
                }
            }
            for (boolean half : new boolean[] {false, true}) {
                try (Socket socket = tiny.connect()) {
                    socket.getOutputStream().write(request);
                    if (half) {
                        socket.shutdownOutput();
                    } else if (body.equals(LONG_STREAM)) {
                        socket.getInputStream().readNBytes(300); // the stream has begun
                    }
                }
            }
        }
        tiny.awaitQuiet();
        assertThat(tiny.metric("jemma_clients_gone_total")).isGreaterThan(gone);
    }

    @Test
    void seededNonsenseIsAnsweredOrCutOffAndNothingElse() throws IOException, InterruptedException {
        try (TinyServer hasty = hasty()) {
            sendNonsense(hasty);
            awaitAsBefore(hasty);
        }
    }

    private static void sendNonsense(TinyServer hasty) throws IOException {
        Random random = new Random(71);
        List<String> seeds = List.of(
                LONG_STREAM,
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}], \"max_tokens\": 3, \"stop\": [\"a\"]}",
                "{\"input\": [\"a\", \"b\"], \"encoding_format\": \"base64\"}",
                "{\"tokens\": [1, 2, 3]}",
                "{\"prompt\": [[2, 5, 6], [2, 9]], \"logprobs\": 2, \"echo\": true, \"logit_bias\": {\"5\": 1.5}}");
        List<String> paths = List.of(COMPLETE, CHAT, "/v1/embeddings", "/tokenize", "/detokenize");
        for (int i = 0; i < REQUESTS; i++) {
            byte[] body = seeds.get(random.nextInt(seeds.size())).getBytes(StandardCharsets.UTF_8);
            for (int k = random.nextInt(4); k > 0; k--) {
                body[random.nextInt(body.length)] = (byte) (random.nextBoolean() ? random.nextInt(256) : '9');
            }
            String head = "POST " + paths.get(random.nextInt(paths.size()))
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                    + (body.length + (random.nextInt(10) == 0 ? random.nextInt(5) : 0)) + "\r\n\r\n";
            byte[] request = new byte[head.length() + body.length];
            System.arraycopy(bytes(head), 0, request, 0, head.length());
            System.arraycopy(body, 0, request, head.length(), body.length);
            if (random.nextInt(10) == 0) {
                request[random.nextInt(head.length())] = (byte) random.nextInt(256);
            }
            if (random.nextInt(5) == 0) {
                try (Socket socket = hasty.connect()) { // goes away without looking
                    socket.getOutputStream().write(request, 0, random.nextInt(request.length));
                }
                continue;
            }
            int status = status(hasty, request);
            assertThat(status)
                    .as(new String(request, StandardCharsets.ISO_8859_1))
                    .isIn(0, 200, 400, 403, 404, 405, 415, 505);
        }
    }

    @Test
    void aReaderThatDoesNotReadIsDroppedAndTheOthersGoOn() throws IOException {
        tiny.close();
        tiny = TinyServer.start(o -> o.streamBuffer(8).writeTimeout(Duration.ofSeconds(3)));
        String wide = "{\"prompt\": \"Hello\", \"max_tokens\": 240, \"ignore_eos\": true, \"n\": 16, \"logprobs\": 20,"
                + " \"temperature\": 1, \"stream\": true}";
        double gone = tiny.metric("jemma_clients_gone_total");
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(4096);
            slow.connect(new java.net.InetSocketAddress("127.0.0.1", tiny.server.port()));
            slow.getOutputStream().write(TinyServer.raw(COMPLETE, wide));
            assertThat(answer()).isEqualTo(before);
            tiny.awaitMetric("jemma_clients_gone_total", gone + 1);
            tiny.awaitQuiet();
        }
    }

    @Test
    void theTimeForABodyIsNotThatOfReadingItsText() {
        try (TinyServer hasty =
                TinyServer.start(o -> o.bodyTimeout(Duration.ofSeconds(1)).maxBodyBytes(1 << 25))) {
            // letters without a space, which take longer to cut into tokens
            String text = new Random(1)
                    .ints(20_000_000, 'a', 'z' + 1)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            TinyServer.Reply reply = hasty.post(COMPLETE, "{\"prompt\": \"" + text + "\", \"max_tokens\": 1}");
            assertThat(reply.error().get("code").asString()).isEqualTo("context_length_exceeded");
        }
    }
}
