package dev.jemma.train;

import dev.jemma.JemmaException;

/** A run that cannot go on; the message says why and where its last good state is. */
public final class TrainException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public TrainException(String message) {
        super(message);
    }

    public TrainException(String message, Throwable cause) {
        super(message, cause);
    }
}
