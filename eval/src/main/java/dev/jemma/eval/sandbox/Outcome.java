package dev.jemma.eval.sandbox;

/** How a program ended. */
public enum Outcome {
    /** It came to its end without an exception. */
    PASSED,
    /** It raised an exception, a test of it did not hold, or it ended before its last line. */
    FAILED,
    /** It ran for longer than it may. */
    TIMED_OUT,
    /** It took more memory than it may. */
    OUT_OF_MEMORY,
    /** It printed more than it may. */
    TOO_MUCH_OUTPUT
}
