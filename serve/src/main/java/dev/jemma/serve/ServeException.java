package dev.jemma.serve;

import dev.jemma.JemmaException;

/** The server cannot start or go on as it was asked to. */
public final class ServeException extends JemmaException {
    private static final long serialVersionUID = 1L;

    /** With a message that says what is wrong, where, and what to do. */
    public ServeException(String message) {
        super(message);
    }

    /** With what caused it. */
    public ServeException(String message, Throwable cause) {
        super(message, cause);
    }
}
