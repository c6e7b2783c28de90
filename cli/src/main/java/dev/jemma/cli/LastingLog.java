package dev.jemma.cli;

import java.util.logging.LogManager;

/**
 * The platform's log, whose handlers stay open while the process ends: a server has things to say until its last request
 * is done. Named to the platform by its class name.
 */
public final class LastingLog extends LogManager {
    @Override
    public void reset() {
        // would close the handlers at the beginning of the process's end
    }
}
