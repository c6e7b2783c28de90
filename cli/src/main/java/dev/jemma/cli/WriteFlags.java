package dev.jemma.cli;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands that write a model have in common; a picocli mixin. */
final class WriteFlags {
    @Option(names = "--force", description = "Replace what is there.")
    private boolean force;

    @Option(names = "--json", description = "Print what was written as JSON.")
    private boolean json;

    @Mixin
    private ThreadFlag threads = new ThreadFlag();

    boolean force() {
        return force;
    }

    boolean json() {
        return json;
    }

    Conversion conversion(Console console) {
        return new Conversion(console, threads.count());
    }
}
