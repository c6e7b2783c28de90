package dev.jemma.data;

import dev.jemma.JemmaException;

/** Training data that cannot be used; the message names the file and the place, and what to do next. */
public class DataException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public DataException(String message) {
        super(message);
    }

    public DataException(String message, Throwable cause) {
        super(message, cause);
    }
}
