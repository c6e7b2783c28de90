package dev.jemma.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.serve.TinyServer.Reply;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The web page as a server sends it; a browser drives it in interop/page. */
class PageTest {
    private static final Pattern NAMED = Pattern.compile("(?:src|href)=\"(/[^\"]+)\"");
    private static final Pattern IMPORTED =
            Pattern.compile("(?m)^(?:import|\\} from|export).*[\" ]from \"\\./([^\"]+)\"");

    private static TinyServer tiny;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        tiny = TinyServer.start();
    }

    @AfterAll
    static void stop() {
        tiny.close();
    }

    /** Everything that a browser loads, beginning with the page, by its path. */
    private static Map<String, Reply> loaded() {
        Map<String, Reply> files = new LinkedHashMap<>();
        Deque<String> ahead = new ArrayDeque<>(List.of("/"));
        while (!ahead.isEmpty()) {
            String path = ahead.remove();
            if (files.containsKey(path)) {
                continue;
            }
            Reply reply = tiny.get(path);
            files.put(path, reply);
            if (path.equals("/")) {
                NAMED.matcher(reply.body()).results().forEach(m -> ahead.add(m.group(1)));
            } else if (path.endsWith(".js") && !path.contains("/lib/")) {
                String here = path.substring(0, path.lastIndexOf('/') + 1);
                IMPORTED.matcher(reply.body()).results().forEach(m -> ahead.add(here + m.group(1)));
            }
        }
        return files;
    }

    private static String folderOf(Reply page) {
        return NAMED.matcher(page.body())
                .results()
                .findFirst()
                .orElseThrow()
                .group(1)
                .replaceFirst("/[^/]+$", "");
    }

    private static String header(Reply reply, String name) {
        return reply.response().headers().firstValue(name).orElse("");
    }

    /** The beginning of what a request gets whose first line no client would write. */
    private static String raw(String path, String host) throws IOException {
        try (Socket socket = tiny.connect()) {
            String head = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
            socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
            byte[] answer = new byte[4096];
            int n = socket.getInputStream().read(answer);
            return new String(answer, 0, Math.max(0, n), StandardCharsets.ISO_8859_1);
        }
    }

    private static List<Path> sources() throws IOException {
        Path own = TinyServer.root().resolve("serve/src/main/resources/dev/jemma/serve/page");
        try (var files = Files.list(own)) {
            return files.sorted().toList();
        }
    }

    @Test
    void everyFileThatThePageNamesIsThereAndNoOtherIsServed() throws IOException {
        Map<String, Reply> files = loaded();
        assertThat(files.values())
                .allSatisfy(reply -> assertThat(reply.status()).isEqualTo(200));
        String here = folderOf(files.get("/")) + "/";
        Set<String> names = files.keySet().stream()
                .filter(path -> !path.equals("/"))
                .map(path -> path.substring(here.length()))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> table = new TreeSet<>(Page.OWN);
        assertThat(sources().stream().map(f -> f.getFileName().toString()).filter(n -> !n.equals("index.html")))
                .containsExactlyElementsOf(table);
        table.addAll(Page.LIBRARIES.keySet());
        assertThat(names).isEqualTo(table);
    }

    @Test
    void everyFileComesUnderAPolicyThatLetsNothingElseIn() {
        assertThat(Page.POLICY)
                .contains("default-src 'none'", "script-src 'self';", "connect-src 'self';", "frame-ancestors 'none'")
                .contains("base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "*", "http", "data:", "blob:");
        assertThat(loaded().values()).allSatisfy(reply -> {
            assertThat(header(reply, "content-security-policy")).isEqualTo(Page.POLICY);
            assertThat(header(reply, "x-content-type-options")).isEqualTo("nosniff");
            assertThat(header(reply, "referrer-policy")).isEqualTo("no-referrer");
            assertThat(header(reply, "x-frame-options")).isEqualTo("DENY");
            assertThat(header(reply, "cross-origin-opener-policy")).isEqualTo("same-origin");
            assertThat(header(reply, "cross-origin-resource-policy")).isEqualTo("same-origin");
        });
    }

    @Test
    void noFileOfOursHasAnAddressOutside() throws IOException {
        Pattern address = Pattern.compile("(?i)https?://[a-z0-9][^\"\\s]*|[\"'(]//[a-z0-9][^\"\\s]*");
        for (Path file : sources()) {
            assertThat(address.matcher(Files.readString(file)).results().map(m -> m.group()))
                    .as("%s", file)
                    .allMatch(found -> found.equals("http://www.w3.org/2000/svg")); // a name, not an address
        }
    }

    @Test
    void nothingMakesHtmlOrCodeOfTextAndNothingReadsTheAddress() throws IOException {
        Pattern risky =
                Pattern.compile("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function"
                        + "|createContextualFragment|srcdoc|\\blocation\\b|URLSearchParams|documentURI|document\\.URL\\b"
                        + "|hashchange|popstate");
        for (Path file : sources()) {
            String text = Files.readString(file);
            assertThat(risky.matcher(text).results().map(m -> m.group()))
                    .as("%s", file)
                    .isEmpty();
            assertThat(text.lines().count()).as("lines of %s", file).isLessThan(600);
            assertThat(text.lines())
                    .as("%s", file)
                    .allMatch(line -> line.length() <= 120 && !line.endsWith(" ") && !line.contains("\t"));
        }
        String page = tiny.get("/").body();
        assertThat(page).doesNotContainPattern("<script(?![^>]*\\bsrc=)").doesNotContainPattern("(?i)\\son\\w+=");
        assertThat(page).doesNotContain("<style", "style=", "{folder}");
    }

    @Test
    void browsersAskForThePageAndKeepItsFiles() {
        Reply page = tiny.get("/");
        assertThat(header(page, "cache-control")).isEqualTo("no-cache");
        assertThat(header(page, "content-type")).startsWith("text/html");
        Reply again = tiny.get("/", "If-None-Match", "\"x\", " + header(page, "etag"));
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(header(again, "content-security-policy")).isEqualTo(Page.POLICY);
        assertThat(tiny.get("/", "If-None-Match", "\"another\"").status()).isEqualTo(200);
        Reply script = tiny.get(folderOf(page) + "/app.js");
        assertThat(header(script, "cache-control")).contains("immutable");
        assertThat(header(script, "content-type")).startsWith("text/javascript");
        assertThat(header(script, "etag")).isNotEqualTo(header(page, "etag"));
    }

    @Test
    void filesArePackedForThoseWhoUnpack() throws IOException, InterruptedException {
        String path = folderOf(tiny.get("/")) + "/lib/markdown-it.js";
        String plain = tiny.get(path).body();
        assertThat(header(tiny.get(path), "content-encoding")).isEmpty();
        assertThat(header(tiny.get(path), "vary")).isEqualTo("Accept-Encoding");
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<byte[]> packed = http.send(
                    HttpRequest.newBuilder(URI.create(tiny.server.url() + path))
                            .header("Accept-Encoding", "br, GZIP;q=0.5")
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(packed.headers().firstValue("content-encoding")).contains("gzip");
            assertThat(packed.body().length).isLessThan(plain.length() / 2);
            try (var in = new GZIPInputStream(new ByteArrayInputStream(packed.body()))) {
                assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo(plain);
            }
        }
        assertThat(header(tiny.get(path, "Accept-Encoding", "gzip;q=0"), "content-encoding"))
                .isEmpty();
    }

    @Test
    void noPathOfARequestReachesTheClassPath() throws IOException {
        String here = folderOf(tiny.get("/"));
        for (String path : List.of(
                here + "/../openapi.json",
                here + "/%2e%2e/openapi.json",
                here + "/..%2fopenapi.json",
                here + "/Page.class",
                here + "/index.html",
                here + "/lib/../app.js",
                here + "//app.js",
                here + "/app.js/",
                here,
                "/page/0000000000000000/app.js",
                "/META-INF/MANIFEST.MF",
                "//")) {
            assertThat(raw(path, "localhost")).as(path).startsWith("HTTP/1.1 4");
        }
    }

    @Test
    void thePageNeedsNoKeyButAHostOfOursAndAllThatItShowsNeedsTheKey() throws IOException {
        Path keys = Files.writeString(folder.resolve("keys"), "ann ann-0123456789abcdef\n");
        try (TinyServer locked = TinyServer.start(o -> o.apiKeys(keys))) {
            Reply page = locked.get("/");
            assertThat(page.status()).isEqualTo(200);
            assertThat(locked.get(folderOf(page) + "/app.js").status()).isEqualTo(200);
            assertThat(page.body()).isEqualTo(tiny.get("/").body()); // the same for everybody
            for (String path : List.of("/v1/models", "/metrics", folderOf(page) + "/none.js")) {
                assertThat(locked.get(path).status()).as(path).isEqualTo(401);
            }
        }
        for (String path : List.of("/", folderOf(tiny.get("/")) + "/app.js")) {
            assertThat(raw(path, "evil.example")).startsWith("HTTP/1.1 403");
            assertThat(tiny.get(path, "Origin", "https://evil.example").status())
                    .isEqualTo(403);
        }
    }

    @Test
    void theLogAndTheMetricsCallAllOfItThePage() {
        tiny.get(folderOf(tiny.get("/")) + "/app.js");
        assertThat(tiny.get("/metrics").body()).contains("\"page\"").doesNotContain("app.js");
    }

    @Test
    void theModelsSayWhatTheyAreFor() throws IOException {
        JsonNode entry = tiny.get("/v1/models").json().at("/data/0");
        JsonNode facts = entry.get("jemma");
        assertThat(entry.get("id").asString()).isEqualTo("tiny");
        assertThat(facts.get("chats").asBoolean()).isTrue();
        assertThat(facts.get("embeds").asBoolean()).isFalse();
        assertThat(facts.get("instruction_tuned").asBoolean()).isFalse();
        assertThat(facts.get("context_length").asInt()).isEqualTo(256);
        assertThat(facts.at("/defaults/temperature").asDouble()).isZero();
        assertThat(facts.at("/defaults/max_tokens").asInt()).isEqualTo(512);
        try (TinyServer both = TinyServer.withEmbeddings()) {
            JsonNode vectors = both.get("/v1/models").json().at("/data/1/jemma");
            assertThat(vectors.get("embeds").asBoolean()).isTrue();
            assertThat(vectors.get("chats").asBoolean()).isFalse();
            assertThat(vectors.has("defaults")).isFalse();
        }
    }
}
