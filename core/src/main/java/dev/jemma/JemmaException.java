package dev.jemma;

/**
 * The root of everything that Jemma throws on purpose. The message is one line for a person: what is wrong, where, and
 * what to do next. It never needs a stack trace to be understood.
 */
public class JemmaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public JemmaException(String message) {
        super(message);
    }

    public JemmaException(String message, Throwable cause) {
        super(message, cause);
    }
}
