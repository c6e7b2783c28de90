package dev.jemma.infer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The tokens of a sequence so far, prompt first: what penalties and n-gram rules look at. */
final class TokenHistory {
    private int[] ids;
    private int size;
    private final int promptLength;
    private final Map<Integer, Integer> generatedCounts = new HashMap<>();

    TokenHistory(int[] prompt) {
        ids = Arrays.copyOf(prompt, Math.max(16, prompt.length + 16));
        size = prompt.length;
        promptLength = prompt.length;
    }

    /** A copy that goes its own way from here. */
    TokenHistory(TokenHistory other) {
        ids = other.ids.clone();
        size = other.size;
        promptLength = other.promptLength;
        generatedCounts.putAll(other.generatedCounts);
    }

    void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
        generatedCounts.merge(id, 1, Integer::sum);
    }

    /** Forgets generated tokens from a position on. */
    void truncate(int length) {
        while (size > Math.max(length, promptLength)) {
            generatedCounts.computeIfPresent(ids[--size], (_, count) -> count > 1 ? count - 1 : null);
        }
    }

    int size() {
        return size;
    }

    int id(int position) {
        return ids[position];
    }

    int promptLength() {
        return promptLength;
    }

    int generated() {
        return size - promptLength;
    }

    int[] ids() {
        return Arrays.copyOf(ids, size);
    }

    int[] generatedIds() {
        return Arrays.copyOfRange(ids, promptLength, size);
    }

    /** How often each token was generated. */
    Map<Integer, Integer> generatedCounts() {
        return generatedCounts;
    }
}
