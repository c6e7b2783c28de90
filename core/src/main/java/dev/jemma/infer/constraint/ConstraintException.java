package dev.jemma.infer.constraint;

import dev.jemma.JemmaException;
import java.util.OptionalInt;

/** A pattern or schema that is wrong, not supported or too large; the message names the part and its place. */
public final class ConstraintException extends JemmaException {
    private static final long serialVersionUID = 1L;

    private static final int TEXT = -2;

    private final int function;

    public ConstraintException(String message) {
        this(message, -1);
    }

    /** @param function index of the function whose parameters are meant */
    ConstraintException(String message, int function) {
        super(message);
        this.function = function;
    }

    /** About the text that an answer may have instead of calls. */
    static ConstraintException ofText(String message) {
        return new ConstraintException(message, TEXT);
    }

    /** Whether it is about the text that an answer may have instead of calls. */
    public boolean text() {
        return function == TEXT;
    }

    /** Which of several functions it is about, if it is about one. */
    public OptionalInt function() {
        return function < 0 ? OptionalInt.empty() : OptionalInt.of(function);
    }
}
