package dev.jemma.tokenizer.training;

import java.util.Arrays;

/**
 * Words with their counts: an open-addressing table over one array of characters, so that a million words are a few
 * arrays. Words keep the order in which they first came.
 */
final class WordTable {
    private char[] text = new char[1 << 12];
    private int[] starts = new int[1 << 8]; // [size + 1]
    private int[] hashes = new int[1 << 8];
    private long[] counts = new long[1 << 8];
    private int[] slots = new int[1 << 10]; // word + 1, 0: free
    private int size;

    int size() {
        return size;
    }

    /** UTF-16 units of all words together. */
    int characters() {
        return starts[size];
    }

    int start(int word) {
        return starts[word];
    }

    int end(int word) {
        return starts[word + 1];
    }

    long count(int word) {
        return counts[word];
    }

    char[] text() {
        return text;
    }

    /** Counts the word {@code from[start, end)} {@code times} more. */
    void add(char[] from, int start, int end, long times) {
        int hash = hash(from, start, end);
        int mask = slots.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            int word = slots[i] - 1;
            if (word < 0) {
                slots[i] = append(from, start, end, hash, times) + 1;
                if (2 * size > slots.length) {
                    rehash();
                }
                return;
            }
            if (hashes[word] == hash && Arrays.equals(text, starts[word], starts[word + 1], from, start, end)) {
                counts[word] += times;
                return;
            }
        }
    }

    void addAll(WordTable other) {
        for (int word = 0; word < other.size; word++) {
            add(other.text, other.start(word), other.end(word), other.count(word));
        }
    }

    /** Drops the rarest words, as many counts of 1, 1 and 2, 1 to 4 … as it takes to have at most so many characters. */
    WordTable pruned(int maxCharacters) {
        long rare = 1;
        while (charactersAbove(rare) > maxCharacters) {
            rare *= 2;
        }
        WordTable kept = new WordTable();
        for (int word = 0; word < size; word++) {
            if (counts[word] > rare) {
                kept.add(text, start(word), end(word), counts[word]);
            }
        }
        return kept;
    }

    private long charactersAbove(long rare) {
        long characters = 0;
        for (int word = 0; word < size; word++) {
            if (counts[word] > rare) {
                characters += end(word) - start(word);
            }
        }
        return characters;
    }

    private int append(char[] from, int start, int end, int hash, long times) {
        int at = starts[size];
        int length = end - start;
        if (text.length - at < length) {
            text = Arrays.copyOf(text, Math.addExact(text.length, Math.max(text.length / 2, length)));
        }
        System.arraycopy(from, start, text, at, length);
        if (size + 1 == starts.length) {
            int more = size + size / 2 + 2;
            starts = Arrays.copyOf(starts, more);
            hashes = Arrays.copyOf(hashes, more);
            counts = Arrays.copyOf(counts, more);
        }
        hashes[size] = hash;
        counts[size] = times;
        starts[size + 1] = at + length;
        return size++;
    }

    private void rehash() {
        slots = new int[2 * slots.length];
        int mask = slots.length - 1;
        for (int word = 0; word < size; word++) {
            int i = hashes[word] & mask;
            while (slots[i] != 0) {
                i = (i + 1) & mask;
            }
            slots[i] = word + 1;
        }
    }

    private static int hash(char[] from, int start, int end) {
        int hash = 17;
        for (int i = start; i < end; i++) {
            hash = 31 * hash + from[i];
        }
        hash *= 0x9E3779B9;
        return hash ^ (hash >>> 15);
    }
}
