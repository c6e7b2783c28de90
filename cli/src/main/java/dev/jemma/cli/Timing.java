package dev.jemma.cli;

import dev.jemma.infer.SpeculationReport;
import java.util.Locale;
import java.util.Optional;

/**
 * How fast an answer was.
 *
 * @param promptTokens tokens of the prompt
 * @param promptSeconds until the first token came, or until the end if none did
 * @param generatedTokens of all answers together
 * @param generatedSeconds from the first to the last
 * @param speculation what guessing ahead brought, if it was asked for
 */
record Timing(
        int promptTokens,
        double promptSeconds,
        int generatedTokens,
        double generatedSeconds,
        Optional<SpeculationReport> speculation) {
    /** Takes the times. */
    static final class Clock {
        private final int promptTokens;
        private final long start = System.nanoTime();
        private long first;
        private long last;
        private int tokens;

        Clock(int promptTokens) {
            this.promptTokens = promptTokens;
        }

        /** A token came. */
        synchronized void token() {
            last = System.nanoTime();
            first = tokens++ == 0 ? last : first;
        }

        synchronized Timing stop(SpeculationReport speculation) {
            if (tokens == 0) {
                last = System.nanoTime();
                first = last;
            }
            return new Timing(
                    promptTokens,
                    (first - start) / 1e9,
                    tokens,
                    (last - first) / 1e9,
                    Optional.of(speculation).filter(report -> report.passes() > 0));
        }
    }

    @Override
    public String toString() {
        if (generatedTokens == 0) {
            return "prompt: " + promptTokens + " tokens; nothing was generated";
        }
        return String.format(
                Locale.ROOT,
                "prompt: %d tokens, %.1f tokens/s; decode: %d tokens, %.1f tokens/s%s",
                promptTokens,
                promptTokens / Math.max(promptSeconds, 1e-9),
                generatedTokens,
                generatedTokens < 2 ? 0 : (generatedTokens - 1) / Math.max(generatedSeconds, 1e-9),
                speculation
                        .map(report -> SpeculationFlags.describe(report, generatedTokens))
                        .orElse(""));
    }
}
