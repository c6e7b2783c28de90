package dev.jemma.tokenizer;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds the piece with given UTF-8 bytes. The hash is polynomial, so that the hashes of all parts of a piece follow
 * from its prefix hashes; its base is drawn at start, so that no file can be made to collide.
 */
final class PieceIndex {
    /** What the longest piece that a vocabulary may have can take; Gemma's longest has 31 characters of 3 bytes. */
    static final int MAX_PIECE_BYTES = 3 * Vocabulary.MAX_PIECE_LENGTH;

    private static final long BASE = ThreadLocalRandom.current().nextLong() | 1;
    private static final long[] POWER = powers();
    private static final long MIX = 0x9E3779B97F4A7C15L;
    private static final long EMPTY = -1;
    private static final int ID_BITS = 20;
    private static final long ID_MASK = (1L << ID_BITS) - 1;

    private final byte[] text;
    private final int[] offsets;
    private final long[] slots; // upper 44 bits of the mixed hash, then the id

    /** An empty index over pieces that lie in {@code text} between {@code offsets[id]} and {@code offsets[id + 1]}. */
    PieceIndex(byte[] text, int[] offsets) {
        this.text = text;
        this.offsets = offsets;
        this.slots = new long[Math.max(16, 2 * (offsets.length - 1))];
        Arrays.fill(slots, EMPTY);
    }

    /** Enters piece {@code id}; returns the id of a piece with the same bytes that was there before, or −1. */
    int add(int id) {
        int from = offsets[id];
        int to = offsets[id + 1];
        long hash = mixed(hash(text, from, to));
        int i = slot(hash);
        for (long entry; (entry = slots[i]) != EMPTY; i = next(i)) {
            if (same(entry, hash) && equal((int) (entry & ID_MASK), text, from, to)) {
                return (int) (entry & ID_MASK);
            }
        }
        slots[i] = (hash & ~ID_MASK) | id;
        return -1;
    }

    /** The piece that equals {@code bytes[from, to)}, whose {@link #hash} is {@code hash}, or −1. */
    int find(byte[] bytes, int from, int to, long hash) {
        long mixed = mixed(hash);
        int i = slot(mixed);
        for (long entry; (entry = slots[i]) != EMPTY; i = next(i)) {
            if (same(entry, mixed) && equal((int) (entry & ID_MASK), bytes, from, to)) {
                return (int) (entry & ID_MASK);
            }
        }
        return -1;
    }

    static long hash(byte[] bytes, int from, int to) {
        long hash = 0;
        for (int i = from; i < to; i++) {
            hash = extend(hash, bytes[i]);
        }
        return hash;
    }

    /** The hash of a string that is one byte longer. */
    static long extend(long hash, byte next) {
        return hash * BASE + (next & 0xFF) + 1;
    }

    /** The hash of the last {@code length} bytes of a string, from its hash and that of the rest before them. */
    static long suffix(long whole, long prefix, int length) {
        return whole - prefix * POWER[length];
    }

    private boolean equal(int id, byte[] bytes, int from, int to) {
        return Arrays.equals(text, offsets[id], offsets[id + 1], bytes, from, to);
    }

    private int slot(long mixed) {
        return (int) Math.unsignedMultiplyHigh(mixed, slots.length);
    }

    private int next(int i) {
        return i + 1 == slots.length ? 0 : i + 1;
    }

    private static boolean same(long entry, long mixed) {
        return ((entry ^ mixed) >>> ID_BITS) == 0;
    }

    // The slot is taken from the upper bits, which a multiplication mixes best; the fold brings the others there.
    private static long mixed(long hash) {
        long h = hash * MIX;
        return (h ^ (h >>> 32)) * MIX;
    }

    private static long[] powers() {
        long[] power = new long[MAX_PIECE_BYTES + 1];
        power[0] = 1;
        for (int i = 1; i < power.length; i++) {
            power[i] = power[i - 1] * BASE;
        }
        return power;
    }
}
