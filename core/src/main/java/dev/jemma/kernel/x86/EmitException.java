package dev.jemma.kernel.x86;

import dev.jemma.JemmaException;

/** Emitted code cannot run here; the message says why and, where there is one, which setting changes that. */
public final class EmitException extends JemmaException {
    private static final long serialVersionUID = 1L;

    EmitException(String message) {
        super(message);
    }
}
