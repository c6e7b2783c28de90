package dev.jemma.infer.constraint;

import dev.jemma.JemmaException;
import java.util.OptionalInt;

/** A pattern or schema that is wrong, not supported or too large; the message names the part and its place. */
public final class ConstraintException extends JemmaException {
    private static final long serialVersionUID = 1L;

    private final int function;

    public ConstraintException(String message) {
        this(message, -1);
    }

    /** @param function index of the function whose parameters are meant */
    ConstraintException(String message, int function) {
        super(message);
        this.function = function;
    }

    /** Which of several functions it is about, if it is about one. */
    public OptionalInt function() {
        return function < 0 ? OptionalInt.empty() : OptionalInt.of(function);
    }
}
