package dev.jemma.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/**
 * The real Gemma 3 270M, if this machine has it: the file that {@code JEMMA_REAL_MODEL} names, or the one that
 * {@code jemma pull} put into the store. Tests never download it; without it they are skipped, loudly.
 */
public final class RealModel {
    private static final String FILE = "gemma-3-270m-q4_k_m.gguf";

    private RealModel() {}

    public static Path path() {
        Map<String, String> env = System.getenv();
        Path cache = env.containsKey("XDG_CACHE_HOME")
                ? Path.of(env.get("XDG_CACHE_HOME"))
                : Path.of(System.getProperty("user.home"), ".cache");
        Path store = env.containsKey("JEMMA_HOME") ? Path.of(env.get("JEMMA_HOME")) : cache.resolve("jemma");
        Path path = env.containsKey("JEMMA_REAL_MODEL")
                ? Path.of(env.get("JEMMA_REAL_MODEL"))
                : store.resolve("models").resolve("gemma3-270m").resolve(FILE);
        if (!Files.exists(path)) {
            String how = "needs the real model: ./jemma pull gemma3-270m, or JEMMA_REAL_MODEL=FILE";
            System.err.println("SKIPPED: " + how);
            Assumptions.abort(how);
        }
        return path;
    }
}
