package dev.jemma.eval;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What tests share: real data and reference runs beside the checkout, and the real model where this machine has it. */
public final class Fixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Fixture() {}

    /** A file or folder under {@code ../shared}; aborts the test, loudly, if it is not there. */
    public static Path shared(String name) {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(root.resolve(".mvn"))) {
            root = root.getParent();
        }
        Path there = root.resolveSibling("shared").resolve(name);
        if (!Files.exists(there)) {
            abort("needs shared/" + name + " beside the checkout");
        }
        return there;
    }

    /** The benchmarks' data; aborts the test, loudly, if it is not there. */
    public static DataFolder data() {
        return new DataFolder(shared("data/eval"));
    }

    /** The items of a task in the reference run. */
    public static List<JsonNode> golden(String task) {
        try (var lines = Files.lines(shared("golden/gemma3-270m/eval/" + task + ".jsonl"), StandardCharsets.UTF_8)) {
            return lines.map(JSON::readTree).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The real Gemma 3 270M; aborts the test, loudly, if this machine does not have it. */
    public static Path realModel() {
        Map<String, String> env = System.getenv();
        Path cache = Path.of(env.getOrDefault(
                "XDG_CACHE_HOME",
                Path.of(System.getProperty("user.home"), ".cache").toString()));
        Path store = env.containsKey("JEMMA_HOME") ? Path.of(env.get("JEMMA_HOME")) : cache.resolve("jemma");
        Path path = env.containsKey("JEMMA_REAL_MODEL")
                ? Path.of(env.get("JEMMA_REAL_MODEL"))
                : store.resolve("models/gemma3-270m/gemma-3-270m-q4_k_m.gguf");
        if (!Files.exists(path)) {
            abort("needs the real model: ./jemma pull gemma3-270m, or JEMMA_REAL_MODEL=FILE");
        }
        return path;
    }

    private static void abort(String why) {
        System.err.println("SKIPPED: " + why);
        Assumptions.abort(why);
    }
}
