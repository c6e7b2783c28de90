package dev.jemma.infer;

/** Why a continuation ended. */
public enum FinishReason {
    /** An end token or a stop string came, or a constrained text was complete and nothing could follow. */
    STOP,
    /** The most tokens that were asked for, or the context's end. */
    LENGTH,
    /** The caller cancelled, or the engine was closed. */
    CANCELLED
}
