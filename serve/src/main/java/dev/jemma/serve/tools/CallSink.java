package dev.jemma.serve.tools;

/** Takes the parts of an answer in their order. */
public interface CallSink {
    /** Text that is no call. */
    void text(String text);

    /** A call begins. */
    void call(String function);

    /** Some more of the JSON text of the arguments of the call that was begun last. */
    void arguments(String json);
}
