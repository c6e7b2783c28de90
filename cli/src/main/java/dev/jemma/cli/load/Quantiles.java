package dev.jemma.cli.load;

import java.util.Arrays;
import java.util.Optional;

/**
 * How a kind of time is distributed, in seconds. A quantile is the smallest value that so many of all do not exceed.
 *
 * @param count how many values there are, at least one
 */
public record Quantiles(int count, double mean, double p50, double p95, double p99, double max) {
    /** Of these values; empty if there are none. */
    static Optional<Quantiles> of(double[] seconds) {
        if (seconds.length == 0) {
            return Optional.empty();
        }
        double[] sorted = seconds.clone();
        Arrays.sort(sorted);
        return Optional.of(new Quantiles(
                sorted.length,
                Arrays.stream(sorted).average().orElseThrow(),
                at(sorted, 0.50),
                at(sorted, 0.95),
                at(sorted, 0.99),
                sorted[sorted.length - 1]));
    }

    /** The smallest of ascending values that {@code share} of them do not exceed. */
    static double at(double[] sorted, double share) {
        return sorted[Math.clamp((int) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
    }
}
