package dev.jemma.infer;

import dev.jemma.JemmaException;

/**
 * A request that cannot be served: it is too long for the context or the memory, it failed, or the engine was closed
 * ({@link EngineClosedException}).
 */
public class EngineException extends JemmaException {
    private static final long serialVersionUID = 1L;

    public EngineException(String message) {
        super(message);
    }

    public EngineException(String message, Throwable cause) {
        super(message, cause);
    }
}
