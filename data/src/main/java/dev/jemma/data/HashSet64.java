package dev.jemma.data;

/** A set of 64-bit hashes in an open table: eight bytes a hash, half of the table empty. */
final class HashSet64 {
    private static final long EMPTY = 0;
    private static final long STANDS_FOR_ZERO = 0x5851F42D4C957F2DL;

    private long[] table = new long[1 << 12];
    private int size;

    /** Whether it was not there before. */
    boolean add(long hash) {
        if (2L * (size + 1) > table.length) {
            grow();
        }
        if (!put(table, hash == EMPTY ? STANDS_FOR_ZERO : hash)) {
            return false;
        }
        size++;
        return true;
    }

    private static boolean put(long[] table, long hash) {
        int mask = table.length - 1;
        int at = (int) Mix.bits(hash) & mask;
        while (table[at] != EMPTY) {
            if (table[at] == hash) {
                return false;
            }
            at = (at + 1) & mask;
        }
        table[at] = hash;
        return true;
    }

    private void grow() {
        long[] larger = new long[Math.multiplyExact(table.length, 2)];
        for (long hash : table) {
            if (hash != EMPTY) {
                put(larger, hash);
            }
        }
        table = larger;
    }
}
