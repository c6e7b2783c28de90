package dev.jemma.eval.contamination;

/**
 * An item of a benchmark that stands in the corpus.
 *
 * @param file of the corpus
 * @param record the place in it, such as {@code line 12}
 * @param benchmark such as {@code piqa}
 * @param item file and record of the benchmark
 * @param runs how many runs of n words of the item are there
 * @param words the longest stretch of them, normalised
 */
public record Hit(String file, String record, String benchmark, String item, int runs, String words) {}
