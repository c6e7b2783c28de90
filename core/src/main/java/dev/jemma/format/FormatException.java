package dev.jemma.format;

import dev.jemma.JemmaException;

/** A file that is damaged, hostile, or of a kind that Jemma does not read; the message names the file and the place. */
public class FormatException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public FormatException(String message) {
        super(message);
    }

    public FormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
