package dev.jemma.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Reference values of the original libraries. Small files lie in this repository ({@code src/test/resources/golden});
 * larger ones are read from {@code ../shared/golden} beside the checkout when it is there. A test whose file is in
 * neither place is skipped, loudly.
 */
public final class Golden {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Golden() {}

    /** The checkout's root: the nearest parent of the working folder that holds {@code .mvn}. */
    public static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    /** A golden file or folder by its path under {@code golden/}; aborts the test, loudly, if it is not to be had. */
    public static Path path(String relative) {
        Path own = root().resolve("core/src/test/resources/golden").resolve(relative);
        if (Files.exists(own)) {
            return own;
        }
        return shared("golden/" + relative);
    }

    /** A file or folder under {@code ../shared}; aborts the test, loudly, if it is not there. */
    public static Path shared(String relative) {
        Path there = root().resolveSibling("shared").resolve(relative);
        if (!Files.exists(there)) {
            System.err.println("SKIPPED: needs shared/" + relative + " beside the checkout");
            Assumptions.abort("needs shared/" + relative + " beside the checkout");
        }
        return there;
    }

    public static JsonNode json(String relative) {
        return JSON.readTree(path(relative));
    }

    /** The records of a JSONL file. */
    public static List<JsonNode> jsonl(String relative) {
        try (var lines = Files.lines(path(relative), StandardCharsets.UTF_8)) {
            return lines.filter(line -> !line.isBlank()).map(JSON::readTree).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bytes of a file, unpacked if its name ends in {@code .gz}. */
    public static byte[] bytes(String relative) {
        try (InputStream in = Files.newInputStream(path(relative));
                InputStream unpacked = relative.endsWith(".gz") ? new GZIPInputStream(in) : in) {
            return unpacked.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
