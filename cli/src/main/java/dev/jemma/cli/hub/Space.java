package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Looks before leaping: whether the disk has room for what is coming. */
final class Space {
    private static final long SPARE_BYTES = 16_000_000;

    private Space() {}

    /** Throws if the disk of {@code folder} has no room for so many more bytes. */
    static void check(Path folder, long bytes) {
        long free;
        try {
            free = Files.getFileStore(folder).getUsableSpace();
        } catch (IOException e) {
            return; // some disks tell nothing: the write itself will
        }
        // Others tell zero, or nonsense below it.
        if (bytes > 0 && free > 0 && free < bytes + SPARE_BYTES) {
            throw new JemmaException("the disk of " + folder + " has " + Units.bytes(free) + " free, and "
                    + Units.bytes(bytes) + " more are to come; make room, or set JEMMA_HOME to another disk");
        }
    }
}
