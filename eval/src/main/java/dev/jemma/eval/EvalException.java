package dev.jemma.eval;

import dev.jemma.JemmaException;

/** Something of an evaluation cannot be done: its data, a task's description, or an answer that does not come. */
public final class EvalException extends JemmaException {
    private static final long serialVersionUID = 1L;

    /** With a message that says what is wrong, where, and what to do. */
    public EvalException(String message) {
        super(message);
    }

    /** With what caused it. */
    public EvalException(String message, Throwable cause) {
        super(message, cause);
    }
}
