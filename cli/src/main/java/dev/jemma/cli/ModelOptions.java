package dev.jemma.cli;

import dev.jemma.cli.hub.ModelLocator;
import picocli.CommandLine.Option;

/** The flags of every command that may fetch a model; a picocli mixin. */
public final class ModelOptions {
    @Option(names = "--offline", description = "Open no connection; only models that are on this machine.")
    private boolean offline;

    @Option(
            names = "--accept-license",
            description = "Accept the model's licence (or set JEMMA_ACCEPT_LICENSE=1); otherwise it is asked once.")
    private boolean acceptLicence;

    /** A locator that honours the flags. */
    public ModelLocator locator(Console console) {
        return new ModelLocator(console, new ModelLocator.Options(offline, acceptLicence));
    }
}
