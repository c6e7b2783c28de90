package dev.jemma.cli.hub;

import java.util.Optional;

/**
 * A file of a model.
 *
 * @param name relative, with forward slashes
 * @param bytes its size, if known
 * @param sha256 its checksum in lower-case hex, if known
 */
public record ModelFile(String name, Optional<Long> bytes, Optional<String> sha256) {
    /** Checks the name. */
    public ModelFile {
        Names.file(name, "a list of files");
    }
}
