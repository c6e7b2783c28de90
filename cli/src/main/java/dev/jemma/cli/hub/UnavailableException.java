package dev.jemma.cli.hub;

import dev.jemma.JemmaException;

/** A source cannot give the model now: no way to it, not there, or not allowed. Another source may. */
final class UnavailableException extends JemmaException {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message) {
        super(message);
    }

    UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
