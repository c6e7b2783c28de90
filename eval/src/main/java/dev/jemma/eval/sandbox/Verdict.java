package dev.jemma.eval.sandbox;

import java.time.Duration;

/**
 * What came of a program.
 *
 * @param outcome how it ended
 * @param detail the exception or the last lines that it printed, at most some thousand characters; empty if it passed
 * @param time from its first line to its end, without the start of the interpreter
 */
public record Verdict(Outcome outcome, String detail, Duration time) {
    /** Whether the program came to its end. */
    public boolean passed() {
        return outcome == Outcome.PASSED;
    }
}
