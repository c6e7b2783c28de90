package dev.jemma.infer.constraint;

import java.util.Arrays;

/**
 * A set of tokens: a large one that others share, or none, and some more. Immutable.
 *
 * @param shared a bit for each id; empty for no id
 * @param more further ids, ascending
 */
public record TokenMask(long[] shared, int[] more) {
    /** From so many tokens on a set is kept as bits, which other sets share. */
    private static final int SHARED = 512;

    private static final long[] NO_BITS = {};

    static final TokenMask NONE = new TokenMask(NO_BITS, new int[0]);

    /** The first n of some ids, which may come twice. */
    static TokenMask of(int[] ids, int n, int vocabularySize) {
        if (n < SHARED) {
            return NONE.with(Arrays.copyOf(ids, n));
        }
        long[] bits = new long[(vocabularySize + 63) / 64];
        for (int i = 0; i < n; i++) {
            bits[ids[i] >> 6] |= 1L << ids[i];
        }
        return new TokenMask(bits, NONE.more);
    }

    /** Whether a token is in the set. */
    public boolean has(int id) {
        return isShared(id) || Arrays.binarySearch(more, id) >= 0;
    }

    /** Whether a token is in the large set. */
    public boolean isShared(int id) {
        int word = id >> 6;
        return id >= 0 && word < shared.length && (shared[word] >>> id & 1) != 0;
    }

    /** Ids 64 · index and on as bits; {@code at} is where their part of {@link #more} begins. */
    public long word(int index, int at) {
        long bits = index < shared.length ? shared[index] : 0;
        for (int i = at; i < more.length && more[i] >> 6 == index; i++) {
            bits |= 1L << more[i];
        }
        return bits;
    }

    /** Where the part of {@link #more} behind that of a word begins. */
    public int behind(int index, int at) {
        int next = at;
        while (next < more.length && more[next] >> 6 == index) {
            next++;
        }
        return next;
    }

    /** Whether no token is in the set. */
    public boolean isEmpty() {
        return more.length == 0 && shared.length == 0;
    }

    /** Number of tokens. */
    public int size() {
        int n = 0;
        for (long word : shared) {
            n += Long.bitCount(word);
        }
        for (int id : more) {
            n += isShared(id) ? 0 : 1;
        }
        return n;
    }

    /** This set and these ids. */
    TokenMask with(int... ids) {
        if (ids.length == 0) {
            return this;
        }
        int[] all = Arrays.copyOf(more, more.length + ids.length);
        int n = more.length;
        for (int id : ids) {
            if (!isShared(id)) {
                all[n++] = id;
            }
        }
        return new TokenMask(
                shared, Arrays.stream(all, 0, n).sorted().distinct().toArray());
    }

    /** This set less these ids. */
    TokenMask without(int... ids) {
        if (Arrays.stream(ids).noneMatch(this::has)) {
            return this;
        }
        long[] bits = shared.clone();
        for (int id : ids) {
            if (isShared(id)) {
                bits[id >> 6] &= ~(1L << id);
            }
        }
        int[] rest = Arrays.stream(more)
                .filter(id -> Arrays.stream(ids).noneMatch(gone -> gone == id))
                .toArray();
        return new TokenMask(bits, rest);
    }

    @SuppressWarnings("ReferenceEquality") // the same bits, most of the time; equal ones may well be added up
    TokenMask or(TokenMask other) {
        if (other.shared.length == 0 || other.shared == shared) {
            return with(other.more);
        }
        if (shared.length == 0) {
            return other.with(more);
        }
        long[] both = shared.clone();
        for (int i = 0; i < both.length; i++) {
            both[i] |= other.shared[i];
        }
        return new TokenMask(both, NONE.more).with(more).with(other.more);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenMask that && Arrays.equals(shared, that.shared) && Arrays.equals(more, that.more);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(shared) + Arrays.hashCode(more);
    }

    @Override
    public String toString() {
        return "TokenMask[" + size() + " tokens]";
    }
}
