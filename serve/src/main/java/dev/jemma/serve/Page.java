package dev.jemma.serve;

import io.helidon.http.HeaderNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * The web page: files from our jar and from three libraries' jars, read once at the start and then served from memory. The
 * table of names is fixed, so nothing that a request says ever reaches the class path. All but the page itself lie under
 * a folder named after the hash of everything, so browsers may keep them for ever, and a new version is another folder.
 *
 * <p>These files need no key: a browser cannot show one when somebody opens an address, and they are the same for
 * everybody and tell nothing but which version of the page this is. Everything that the page shows it then asks for by
 * the ordinary paths, with the key that the user gives it. The name in Host is checked as everywhere.
 */
final class Page {
    /** What the log and the metrics call all of it. */
    static final String NAME = "page";

    /** Ours, in the folder {@code page} of the resources. */
    static final List<String> OWN = List.of(
            "answer.js",
            "api.js",
            "app.js",
            "base.css",
            "chat.css",
            "code.css",
            "composer.js",
            "conversation.js",
            "dom.js",
            "generate.js",
            "icon.svg",
            "icons.js",
            "key.js",
            "markdown.js",
            "models.js",
            "panels.css",
            "panels.js",
            "probabilities.css",
            "probabilities.js",
            "settings.js",
            "sidebar.js",
            "sse.js",
            "store.js",
            "theme.js",
            "turns.js");

    /** Others', under the name that they are served by; the versions are those of the build. */
    static final Map<String, String> LIBRARIES = Map.of(
            "lib/markdown-it.js", "markdown-it/14.1.0/dist/markdown-it.min.js",
            "lib/purify.js", "dompurify/3.3.3/dist/purify.es.mjs",
            "lib/highlight.js", "highlightjs/11.11.1/highlight.min.js");

    /**
     * What the browser may do: run our scripts and no others, speak to us and nobody else, and make HTML of text only by
     * way of the sanitizer, whose name is {@code dompurify}.
     */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types dompurify";

    private static final String FOREVER = "public, max-age=31536000, immutable";
    private static final String ASK_FIRST = "no-cache";
    private static final String SHELL = "index.html";

    /** A file as it is sent. */
    private record Asset(String type, String caching, byte[] plain, byte[] packed, String tag) {
        static Asset of(String name, String caching, byte[] bytes) {
            return new Asset(typeOf(name), caching, bytes, gzip(bytes), "\"" + hash(List.of(bytes)) + "\"");
        }

        void send(Exchange exchange) {
            protect(exchange);
            exchange.header("Cache-Control", caching);
            exchange.header("ETag", "W/" + tag); // weak: packed or not, it is the same file
            exchange.header("Vary", "Accept-Encoding");
            if (exchange.header(HeaderNames.IF_NONE_MATCH).filter(this::isKnown).isPresent()) {
                exchange.empty(304);
                return;
            }
            boolean unpacks = exchange.header(HeaderNames.ACCEPT_ENCODING)
                    .map(Asset::takesGzip)
                    .orElse(false);
            if (unpacks) {
                exchange.header("Content-Encoding", "gzip");
            }
            exchange.send(200, type, unpacks ? packed : plain);
        }

        private boolean isKnown(String tags) {
            return tags.contains(tag) || tags.strip().equals("*");
        }

        private static boolean takesGzip(String encodings) {
            return Stream.of(encodings.toLowerCase(Locale.ROOT).split(","))
                    .map(String::strip)
                    .anyMatch(coding -> coding.equals("gzip")
                            || (coding.startsWith("gzip;") && !coding.matches("gzip;\\s*q=0(\\.0*)?")));
        }
    }

    private final Map<String, Asset> assets;

    private Page(Map<String, Asset> assets) {
        this.assets = Map.copyOf(assets);
    }

    /** Reads all files. */
    static Page read() {
        Map<String, byte[]> files = new TreeMap<>();
        OWN.forEach(name -> files.put(name, resource("page/" + name)));
        LIBRARIES.forEach((name, path) -> files.put(name, resource("/META-INF/resources/webjars/" + path)));
        byte[] shell = resource("page/" + SHELL);
        List<byte[]> all = new ArrayList<>(files.values());
        all.add(shell);
        String folder = "/page/" + hash(all);
        Map<String, Asset> assets = new TreeMap<>();
        files.forEach((name, bytes) -> assets.put(folder + "/" + name, Asset.of(name, FOREVER, bytes)));
        byte[] page = new String(shell, StandardCharsets.UTF_8)
                .replace("{folder}", folder)
                .getBytes(StandardCharsets.UTF_8);
        assets.put("/", Asset.of(SHELL, ASK_FIRST, page));
        return new Page(assets);
    }

    void addTo(Router router) {
        assets.forEach(
                (path, asset) -> router.add(path, new Router.Route("GET", Router.Access.PAGE, false, asset::send)));
    }

    private static void protect(Exchange exchange) {
        exchange.header("Content-Security-Policy", POLICY);
        exchange.header("Referrer-Policy", "no-referrer");
        exchange.header("X-Frame-Options", "DENY");
        exchange.header("Cross-Origin-Opener-Policy", "same-origin");
        exchange.header("Cross-Origin-Resource-Policy", "same-origin");
        exchange.header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    }

    private static String typeOf(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "html" -> "text/html; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static byte[] resource(String path) {
        try (InputStream in = Page.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new ServeException("the web page's file " + path
                        + " is not on the class path: rebuild, or add the" + " libraries that jemma-serve names");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static String hash(List<byte[]> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            parts.forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
