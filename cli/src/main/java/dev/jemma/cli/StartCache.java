package dev.jemma.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The cache of loaded and linked classes (JEP 483, 515) that the launcher has Java start with. Where there is none yet,
 * the launcher names the file in {@value #PROPERTY}, and a command that ran a model has it made once it is done: another
 * process generates a few tokens with the same model and writes down what it loaded. Nobody waits for it, nothing
 * depends on it, and any failure only means that the next start is no faster.
 */
final class StartCache {
    /** Where the cache is to be made; empty or not set for nowhere. */
    static final String PROPERTY = "jemma.aot";

    /** Loading a model again must not be felt. */
    private static final long LARGEST_MODEL_BYTES = 1L << 30;

    private static final Duration DEAD = Duration.ofMinutes(10);

    private StartCache() {}

    /** Has the cache made in the background, if one is wanted and the model is small enough. */
    static void makeLater(Path model) {
        String cache = System.getProperty(PROPERTY, "");
        try {
            if (!cache.isEmpty() && Files.isRegularFile(model) && Files.size(model) <= LARGEST_MODEL_BYTES) {
                quietly(trainer(Path.of(cache), model)).start();
            }
        } catch (IOException e) {
            // the next run tries again
        }
    }

    private static List<String> trainer(Path cache, Path model) {
        List<String> command = new ArrayList<>(List.of(Relaunch.java(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        if (Provider.vectorModule()) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StartCache.class.getName()));
        command.addAll(List.of(cache.toString(), model.toAbsolutePath().toString()));
        return command;
    }

    /** The flags that the launcher gives: a cache fits only those it was made with. */
    private static List<String> training(Path fresh, Path model, String classPath) {
        List<String> command = new ArrayList<>(List.of(Relaunch.java(), "-XX:+UseSerialGC"));
        if (Provider.vectorModule()) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        command.addAll(List.of("-XX:AOTCacheOutput=" + fresh, "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-cp", classPath, Main.class.getName()));
        command.addAll(List.of("generate", "--offline", "-n", "8", "-m", model.toString(), "The capital of France is"));
        return command;
    }

    private static ProcessBuilder quietly(List<String> command) {
        return new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of(nothing()).toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private static String nothing() {
        return Files.exists(Path.of("/dev/null")) ? "/dev/null" : "NUL";
    }

    /** The background process: makes the cache {@code args[0]} by running the model {@code args[1]}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        make(Path.of(args[0]), Path.of(args[1]), System.getProperty("java.class.path"));
    }

    /** Makes the cache unless another process is at it; it is in place only when it is whole. */
    static Optional<Path> make(Path cache, Path model, String classPath) throws IOException, InterruptedException {
        Path fresh = cache.resolveSibling(cache.getFileName() + ".new");
        if (Files.exists(fresh)
                && Files.getLastModifiedTime(fresh)
                        .toInstant()
                        .isAfter(Instant.now().minus(DEAD))) {
            return Optional.empty();
        }
        Files.deleteIfExists(fresh);
        Files.createFile(fresh); // fails if another process came first
        try {
            int code = quietly(training(fresh, model, classPath)).start().waitFor();
            if (code != 0 || Files.size(fresh) == 0) {
                return Optional.empty();
            }
            return Optional.of(Files.move(fresh, cache, StandardCopyOption.ATOMIC_MOVE));
        } finally {
            Files.deleteIfExists(fresh);
            Files.deleteIfExists(fresh.resolveSibling(fresh.getFileName() + ".config")); // what Java notes on the way
        }
    }
}
