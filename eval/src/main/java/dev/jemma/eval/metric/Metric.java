package dev.jemma.eval.metric;

/**
 * A figure of a task.
 *
 * @param name {@code acc}, {@code exact_match}, …
 * @param filter which of the task's filters the answers went through; {@code none} for none
 * @param higherIsBetter whether a larger figure is a better one
 * @param kind how the values of the items become one figure
 */
public record Metric(String name, String filter, boolean higherIsBetter, Kind kind) implements Comparable<Metric> {
    /** How values of items are put together. */
    public enum Kind {
        /** Their mean. */
        MEAN,
        /** exp(− Σ log p / Σ weight): perplexity for each unit of weight. */
        PERPLEXITY,
        /** − Σ log p / (ln 2 · Σ weight): bits for each unit of weight. */
        BITS
    }

    /** A mean of unfiltered values, higher is better. */
    public static Metric of(String name) {
        return of(name, "none");
    }

    /** A mean, higher is better. */
    public static Metric of(String name, String filter) {
        return new Metric(name, filter, true, Kind.MEAN);
    }

    /** As the results have it: {@code acc,none}. */
    public String key() {
        return name + "," + filter;
    }

    @Override
    public int compareTo(Metric other) {
        return key().compareTo(other.key());
    }
}
