package dev.jemma.eval.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * An interpreter of Python 3.
 *
 * @param executable the interpreter itself, not a script that looks for one
 * @param prefix the folder of its installation
 */
record Python(Path executable, Path prefix) {
    private static final int PATIENCE_SECONDS = 20;
    private static final String ASK =
            "import os, sys; print(os.path.realpath(sys.executable)); print(os.path.realpath(sys.base_prefix))";

    /** Those of the system, each once. */
    static List<Python> all(Tools tools) {
        Set<Python> found = new LinkedHashSet<>();
        for (Path path : tools.all("python3")) {
            ask(path).ifPresent(found::add);
        }
        return List.copyOf(found);
    }

    private static Optional<Python> ask(Path path) {
        try {
            Process process = new ProcessBuilder(path.toString(), "-I", "-S", "-c", ASK)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try {
                process.getOutputStream().close();
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    return Optional.empty();
                }
                List<String> lines = new String(process.getInputStream().readNBytes(1 << 14), StandardCharsets.UTF_8)
                        .lines()
                        .toList();
                return lines.size() == 2
                        ? Optional.of(new Python(Path.of(lines.getFirst()), Path.of(lines.getLast())))
                        : Optional.empty();
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            return Optional.empty(); // not one that runs
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
