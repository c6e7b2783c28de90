package dev.jemma.format;

import dev.jemma.JemmaException;
import java.nio.file.Path;

/** Writes small files in one step. */
public final class WholeFile {
    private WholeFile() {}

    /**
     * Writes a file, which appears under its name only when it is whole, and replaces one that was there.
     *
     * @throws JemmaException if it cannot be written
     */
    public static void write(Path file, byte[] bytes) {
        try (OutputFile out = OutputFile.create(file)) {
            out.write(bytes);
            out.commit();
        }
    }
}
