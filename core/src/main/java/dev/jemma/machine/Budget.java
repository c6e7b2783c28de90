package dev.jemma.machine;

import java.util.Comparator;
import java.util.List;

/**
 * What may be used: the smallest of several limits.
 *
 * @param limits all that were found, in the order in which they were looked for; never empty
 */
public record Budget(List<Limit> limits) {
    /** Keeps a copy of the limits. */
    public Budget {
        limits = List.copyOf(limits);
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("a budget needs at least one limit");
        }
    }

    /** The limit that decides; the first of equals. */
    public Limit deciding() {
        return limits.stream().min(Comparator.comparingLong(Limit::amount)).orElseThrow();
    }

    /** The amount that may be used. */
    public long amount() {
        return deciding().amount();
    }

    /** The amount as an int, for threads. */
    public int count() {
        return Math.toIntExact(amount());
    }
}
