package dev.jemma.eval.contamination;

import java.util.List;

/**
 * What was found of the benchmarks in a corpus.
 *
 * @param documents that were looked through
 * @param hitDocuments in which an item was found
 * @param hits pairs of document and item
 * @param complete false if the search was stopped
 * @param benchmarks one by one, by name
 */
public record Contamination(
        long documents, long hitDocuments, long hits, boolean complete, List<PerBenchmark> benchmarks) {
    public Contamination {
        benchmarks = List.copyOf(benchmarks);
    }

    /**
     * One benchmark.
     *
     * @param name such as {@code piqa}
     * @param items all that it has
     * @param testable those with words enough to be told
     * @param hit those found in the corpus
     */
    public record PerBenchmark(String name, int items, int testable, int hit) {
        /** Part of the items that were found, 0 to 1. */
        public double share() {
            return items == 0 ? 0 : (double) hit / items;
        }
    }
}
