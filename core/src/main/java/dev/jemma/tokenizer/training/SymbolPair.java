package dev.jemma.tokenizer.training;

import java.util.Arrays;

/**
 * Two symbols that stand side by side somewhere, how often, and where. Pairs sort in the order in which they are merged:
 * the most frequent first, of equals the one that makes the shorter piece, then the one whose text comes first by code
 * points.
 */
final class SymbolPair implements Comparable<SymbolPair> {
    private static final int[] NOWHERE = {};

    final int left;
    final int right;
    final String text;
    private final int length; // in characters
    private long count;
    private long sortedBy; // the count when the pair was put in the queue
    private int[] positions = NOWHERE; // cells of the left symbol, rising; some may have changed since
    private int positionCount;

    SymbolPair(int left, int right, String text) {
        this.left = left;
        this.right = right;
        this.text = text;
        this.length = text.codePointCount(0, text.length());
    }

    void add(int position, long times) {
        if (positionCount == positions.length) {
            positions = Arrays.copyOf(positions, Math.max(2, positionCount + (positionCount >> 1)));
        }
        positions[positionCount++] = position;
        count += times;
    }

    void lose(long times) {
        count -= times;
    }

    boolean isGone() {
        return count == 0;
    }

    /** Whether the count is what the pair was sorted by; sorts by the present one from now on. */
    boolean wasSortedRight() {
        boolean right = sortedBy == count;
        sortedBy = count;
        return right;
    }

    int positionCount() {
        return positionCount;
    }

    int position(int i) {
        return positions[i];
    }

    void forgetPositions() {
        positions = NOWHERE;
        positionCount = 0;
    }

    @Override
    public int compareTo(SymbolPair that) {
        if (sortedBy != that.sortedBy) {
            return Long.compare(that.sortedBy, sortedBy);
        }
        return length != that.length ? Integer.compare(length, that.length) : compareCodePoints(text, that.text);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    // As UTF-8 bytes compare. String.compareTo puts characters above U+FFFF before U+E000.
    static int compareCodePoints(String a, String b) {
        for (int i = 0; i < Math.min(a.length(), b.length()); i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean same = Character.isSurrogate(x) == Character.isSurrogate(y);
                return same ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
