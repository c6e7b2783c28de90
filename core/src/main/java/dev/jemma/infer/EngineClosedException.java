package dev.jemma.infer;

/** The engine was closed before a request was done: no fault of the request. */
public final class EngineClosedException extends EngineException {
    private static final long serialVersionUID = 1L;

    EngineClosedException() {
        super("the engine was closed");
    }
}
