package dev.jemma.cli.load;

import java.util.Arrays;
import java.util.Optional;

/**
 * What came of one request, in nanoseconds since the start of the run.
 *
 * @param startNanos when it was sent
 * @param endNanos when its answer was over, or its error came
 * @param pieceNanos when each piece of the answer's text came
 * @param promptTokens as the server counts them; 0 if it does not say
 * @param answerTokens as the server counts them, otherwise the number of pieces
 * @param error the kind of what went wrong; empty if the answer came to its end
 */
record Heard(
        long startNanos,
        long endNanos,
        long[] pieceNanos,
        long promptTokens,
        long answerTokens,
        Optional<String> error) {
    boolean whole() {
        return error.isEmpty();
    }

    /** From the request to its first piece; only of answers that have one. */
    double secondsToFirst() {
        return (pieceNanos[0] - startNanos) / 1e9;
    }

    /** Times between the pieces. */
    double[] gaps() {
        double[] gaps = new double[Math.max(0, pieceNanos.length - 1)];
        Arrays.setAll(gaps, i -> (pieceNanos[i + 1] - pieceNanos[i]) / 1e9);
        return gaps;
    }

    /** From the request to the end. */
    double seconds() {
        return (endNanos - startNanos) / 1e9;
    }
}
