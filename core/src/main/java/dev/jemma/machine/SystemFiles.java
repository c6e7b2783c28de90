package dev.jemma.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads the small text files of /proc and /sys under a root, so that tests can put recorded ones in their place. A file
 * that is missing or may not be read is empty, never an error; no more than 1 MiB of one is looked at.
 */
final class SystemFiles {
    private static final int MOST_BYTES = 1 << 20;

    private final Path root;

    SystemFiles(Path root) {
        this.root = root;
    }

    /** The text of the file with this absolute name, without surrounding white space. */
    Optional<String> read(String absolute) {
        try (InputStream in = Files.newInputStream(root.resolve(absolute.substring(1)))) {
            return Optional.of(new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
