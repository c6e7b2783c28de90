package dev.jemma.tokenizer;

/**
 * Where text may be cut before merging. Two neighbouring characters that stand side by side in no piece can never end
 * up in one piece, so the text between such borders is merged piece by piece with the same result as all at once. Exact
 * for ASCII; for the rest a hashed set, whose false alarms only leave a border unused.
 */
final class JoinFilter {
    private static final int BITS = 20;

    private final long[] ascii = new long[128 * 2];
    private final long[] hashed = new long[1 << (BITS - 6)];

    void add(char left, char right) {
        if ((left | right) < 128) {
            ascii[left << 1 | right >> 6] |= 1L << right;
        } else {
            int bit = hash(left, right);
            hashed[bit >> 6] |= 1L << bit;
        }
    }

    /** False if no piece holds these two UTF-16 units side by side. */
    boolean mayJoin(char left, char right) {
        if ((left | right) < 128) {
            return (ascii[left << 1 | right >> 6] >>> right & 1) != 0;
        }
        int bit = hash(left, right);
        return (hashed[bit >> 6] >>> bit & 1) != 0;
    }

    private static int hash(char left, char right) {
        return ((left << 16 | right) * 0x9E3779B1 ^ left * 0x85EBCA6B) >>> (32 - BITS);
    }
}
