package dev.jemma.infer.constraint;

import dev.jemma.JemmaException;

/** A pattern or schema that is wrong, not supported or too large; the message names the part and its place. */
public final class ConstraintException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public ConstraintException(String message) {
        super(message);
    }
}
