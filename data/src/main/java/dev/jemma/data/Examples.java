package dev.jemma.data;

import java.util.List;

/** A list of examples that need not lie in memory: a part of {@link Shards}, or a list. Safe for use by several threads. */
public interface Examples {
    /** How many there are. */
    long size();

    /** Tokens of all of them. */
    long tokens();

    /**
     * One of them.
     *
     * @throws DataException if it cannot be read
     */
    Example get(long index);

    /** What is in here, in few characters: sets with the same examples in the same order have the same. */
    String fingerprint();

    /** Examples in memory. */
    static Examples of(List<Example> list) {
        return new ListedExamples(List.copyOf(list));
    }
}
