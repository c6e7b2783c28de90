package dev.jemma.tokenizer;

import java.util.Arrays;

/** A growing list of token ids. */
final class IdList {
    private int[] ids;
    private int size;

    IdList(int expected) {
        ids = new int[Math.max(8, expected)];
    }

    int size() {
        return size;
    }

    void add(int id) {
        if (size == ids.length) {
            grow(1);
        }
        ids[size++] = id;
    }

    void addAll(int[] more) {
        if (ids.length - size < more.length) {
            grow(more.length);
        }
        for (int id : more) {
            ids[size++] = id;
        }
    }

    /** A copy of the ids from index {@code from} on. */
    int[] from(int from) {
        return Arrays.copyOfRange(ids, from, size);
    }

    private void grow(int atLeast) {
        ids = Arrays.copyOf(ids, Math.addExact(size, Math.max(size >> 1, atLeast)));
    }
}
