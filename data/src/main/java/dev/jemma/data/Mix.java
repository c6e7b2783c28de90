package dev.jemma.data;

/** Random numbers made of keys, so that none depends on which were asked for before (the finalizer of SplitMix64). */
final class Mix {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private Mix() {}

    /** 64 bits that look random, of 64 that may not. */
    static long bits(long key) {
        long z = key + GOLDEN_GAMMA;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    static long bits(long first, long second) {
        return bits(bits(first) ^ second);
    }

    /** A number from 0 to below 1. */
    static double unit(long first, long second) {
        return (bits(first, second) >>> 11) * 0x1p-53;
    }
}
