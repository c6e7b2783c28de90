package dev.jemma.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Words met before and their ids: 32,768 places, the newest word of a place stays. Shared by all threads without
 * locks: an entry never changes, so a race costs at most a word's being merged twice.
 */
final class WordCache {
    /** Longer stretches are not kept, in UTF-16 units. */
    static final int MAX_LENGTH = 24;

    private static final int BITS = 15;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final @Nullable Entry[] entries = new @Nullable Entry[1 << BITS];

    private record Entry(char[] text, int[] ids) {}

    /** The hash of a text that is one character longer; that of the empty text is 0. */
    static long extend(long hash, char next) {
        return (hash + next) * MIX;
    }

    /** The ids of {@code text[from, to)}, or nothing. */
    int @Nullable [] find(long hash, char[] text, int from, int to) {
        Entry entry = entries[(int) (hash >>> (64 - BITS))];
        return entry != null && Arrays.equals(entry.text, 0, entry.text.length, text, from, to) ? entry.ids : null;
    }

    void put(long hash, char[] text, int from, int to, int[] ids) {
        entries[(int) (hash >>> (64 - BITS))] = new Entry(Arrays.copyOfRange(text, from, to), ids);
    }
}
