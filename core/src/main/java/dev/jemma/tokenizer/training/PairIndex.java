package dev.jemma.tokenizer.training;

import java.util.Arrays;

/** Two symbols to the number of their pair: a hash table of primitives, since every neighbourhood of a corpus asks it. */
final class PairIndex {
    /** The pair is not in the table. */
    static final int ABSENT = Integer.MIN_VALUE;

    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final long FREE = -1; // symbols are not negative

    private long[] keys = new long[1 << 12];
    private int[] values = new int[1 << 12];
    private int size;

    PairIndex() {
        Arrays.fill(keys, FREE);
    }

    int get(int left, int right) {
        long key = key(left, right);
        int i = slot(key);
        while (keys[i] != FREE) {
            if (keys[i] == key) {
                return values[i];
            }
            i = (i + 1) & (keys.length - 1);
        }
        return ABSENT;
    }

    /** Enters a pair that is not there yet. */
    void put(int left, int right, int value) {
        if (2 * size >= keys.length) {
            grow();
        }
        insert(key(left, right), value);
        size++;
    }

    private void insert(long key, int value) {
        int i = slot(key);
        while (keys[i] != FREE) {
            i = (i + 1) & (keys.length - 1);
        }
        keys[i] = key;
        values[i] = value;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[2 * oldKeys.length];
        values = new int[2 * oldKeys.length];
        Arrays.fill(keys, FREE);
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != FREE) {
                insert(oldKeys[i], oldValues[i]);
            }
        }
    }

    private static long key(int left, int right) {
        return ((long) left << 32) | right;
    }

    private int slot(long key) {
        return (int) ((key * MIX) >>> 32) & (keys.length - 1);
    }
}
