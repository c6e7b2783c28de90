package dev.jemma.chat;

import dev.jemma.JemmaException;

/** A conversation that a model's template does not allow; the message says which turn and why. */
public class ChatException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public ChatException(String message) {
        super(message);
    }
}
