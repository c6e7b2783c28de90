package dev.jemma.kernel.x86;

import dev.jemma.JemmaException;

/** Emitted code cannot run here; the message says why and, where there is one, which setting changes that. */
public final class EmitException extends JemmaException {
    private static final long serialVersionUID = 1L;

    private final boolean mendable;

    private EmitException(String message, boolean mendable) {
        super(message);
        this.mendable = mendable;
    }

    /** One that a setting, or a report, would change. */
    public static EmitException mendable(String message) {
        return new EmitException(message, true);
    }

    /** One that lies in the machine, or is wanted so. */
    public static EmitException forGood(String message) {
        return new EmitException(message, false);
    }

    /** Whether users should hear of it. */
    public boolean mendable() {
        return mendable;
    }
}
