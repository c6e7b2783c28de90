package dev.jemma.cli;

import dev.jemma.JemmaException;

/** Arguments that each parse but cannot be meant; ends a run with exit code 2. */
public final class MisuseException extends JemmaException {
    private static final long serialVersionUID = 1L;

    /** One line: what is wrong with the arguments, and what would be right. */
    public MisuseException(String message) {
        super(message);
    }
}
