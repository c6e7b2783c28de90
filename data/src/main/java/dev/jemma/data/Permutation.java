package dev.jemma.data;

/**
 * A shuffled order of n things, computed index by index: a Feistel network over the next even number of bits, walked on
 * while it leaves the range (less than four steps on average). Holds nothing but its keys.
 */
final class Permutation {
    private static final int ROUNDS = 6;

    private final long size;
    private final int halfBits;
    private final long halfMask;
    private final long[] keys = new long[ROUNDS];

    /** The order of {@code size} things that belongs to these two keys. */
    Permutation(long size, long seed, long epoch) {
        this.size = size;
        int bits = size <= 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(size - 1);
        this.halfBits = Math.ceilDiv(bits, 2);
        this.halfMask = (1L << halfBits) - 1;
        for (int round = 0; round < ROUNDS; round++) {
            keys[round] = Mix.bits(Mix.bits(seed, epoch), round);
        }
    }

    /** Which thing stands at {@code index}. */
    long at(long index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index + " of " + size);
        }
        long place = index;
        do {
            place = step(place);
        } while (place >= size);
        return place;
    }

    private long step(long value) {
        long left = value >>> halfBits;
        long right = value & halfMask;
        for (long key : keys) {
            long next = left ^ (Mix.bits(right ^ key) & halfMask);
            left = right;
            right = next;
        }
        return (left << halfBits) | right;
    }
}
