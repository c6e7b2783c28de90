package dev.jemma.infer.constraint;

/** A set of bytes; bit b of the four words stands for byte b. */
record ByteSet(long w0, long w1, long w2, long w3) {
    static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

    static ByteSet range(int first, int last) {
        long[] w = new long[4];
        for (int b = first; b <= last; b++) {
            w[b >> 6] |= 1L << b;
        }
        return new ByteSet(w[0], w[1], w[2], w[3]);
    }

    boolean has(int b) {
        long word = switch (b >> 6) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            default -> w3;
        };
        return (word >>> b & 1) != 0;
    }

    ByteSet or(ByteSet other) {
        return new ByteSet(w0 | other.w0, w1 | other.w1, w2 | other.w2, w3 | other.w3);
    }

    boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }
}
