package dev.jemma.cli;

import dev.jemma.machine.Machine;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flag that says how many threads compute; a picocli mixin. */
final class ThreadFlag {
    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Compute threads (default: as 'jemma doctor' shows).")
    private Optional<Integer> threads = Optional.empty();

    int count() {
        int count = threads.orElseGet(() -> Machine.detect().threads().count());
        if (count < 1) {
            throw new MisuseException("--threads is at least 1, not " + count);
        }
        return count;
    }
}
