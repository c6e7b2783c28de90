package dev.jemma.kernel;

/**
 * A single token's rounded activations as {@link Gemv} multiplies codes with them that it does not take apart:
 * x<sub>i</sub> − 2<sup>b</sup>·x<sub>i−1</sub> for codes of b bits that lie one above the other. What a form of codes needs
 * is made when a call has weights of it. Reused from call to call; grows, never shrinks.
 */
final class TokenFactors {
    private static final int GROUP = 16;

    /** For codes of 4 bits, [k / 2]; of 5 and 6 bits, [k / 2]; of 8 bits, [k]. */
    private int[] nibbles = new int[0];

    private int[] bytePairs = new int[0];
    private int[] bytes = new int[0];
    private int[] starts5 = new int[0];
    private int[] starts6 = new int[0];
    private boolean madeNibbles;
    private boolean madeBytePairs;
    private boolean madeBytes;

    /** Forgets the token before. */
    void clear() {
        madeNibbles = false;
        madeBytePairs = false;
        madeBytes = false;
    }

    /** Makes what weights with codes of {@code bits} bits need of {@code cols} codes. */
    void make(int bits, float[] codes, int cols) {
        if (bits == 4 && !madeNibbles) {
            nibbles = grown(nibbles, cols / 2);
            nibbles(codes, cols, nibbles);
            madeNibbles = true;
        } else if (bits == 8 && !madeBytes) {
            bytes = grown(bytes, cols);
            bytes(codes, cols, bytes);
            madeBytes = true;
        } else if (bits != 4 && bits != 8 && !madeBytePairs) {
            bytePairs = grown(bytePairs, cols / 2);
            starts5 = grown(starts5, cols / GROUP);
            starts6 = grown(starts6, cols / GROUP);
            bytePairs(codes, cols, bytePairs);
            starts(codes, cols, 16, starts5);
            starts(codes, cols, 32, starts6);
            madeBytePairs = true;
        }
    }

    private static int[] grown(int[] array, int length) {
        return array.length >= length ? array : new int[length];
    }

    /** For codes of {@code bits} bits: [k / 2], for 8 bits [k]. */
    int[] of(int bits) {
        return switch (bits) {
            case 4 -> nibbles;
            case 8 -> bytes;
            default -> bytePairs;
        };
    }

    /** −offset·Σxq of every 16 columns, for 5 and 6 bits, of the same columns in each half as the factors. */
    int[] starts(int bits) {
        return bits == 5 ? starts5 : starts6;
    }

    /** A half of a lane, from its lowest bits: elements 0, 4, 1, 5 of eight; the upper half those two further on. */
    private static void nibbles(float[] x, int cols, int[] to) {
        for (int k = 0; k < cols; k += 8) {
            int i = k / 2;
            to[i] = pair((int) x[k], (int) x[k + 2]);
            to[i + 1] = pair((int) (x[k + 4] - 16 * x[k]), (int) (x[k + 6] - 16 * x[k + 2]));
            to[i + 2] = pair((int) (x[k + 1] - 16 * x[k + 4]), (int) (x[k + 3] - 16 * x[k + 6]));
            to[i + 3] = pair((int) (x[k + 5] - 16 * x[k + 1]), (int) (x[k + 7] - 16 * x[k + 3]));
        }
    }

    /** A half of a lane: elements 0 and 1 of four; the upper half 2 and 3. */
    private static void bytePairs(float[] x, int cols, int[] to) {
        for (int k = 0; k < cols; k += 4) {
            int i = k / 2;
            to[i] = pair((int) x[k], (int) x[k + 2]);
            to[i + 1] = pair((int) (x[k + 1] - 256 * x[k]), (int) (x[k + 3] - 256 * x[k + 2]));
        }
    }

    private static void bytes(float[] x, int cols, int[] to) {
        for (int k = 0; k < cols; k += 4) {
            to[k] = (int) x[k];
            to[k + 1] = (int) (x[k + 1] - 256 * x[k]);
            to[k + 2] = (int) (x[k + 2] - 256 * x[k + 1]);
            to[k + 3] = (int) (x[k + 3] - 256 * x[k + 2]);
        }
    }

    private static void starts(float[] x, int cols, int offset, int[] to) {
        for (int g = 0; g < cols / GROUP; g++) {
            int low = 0;
            int high = 0;
            for (int k = GROUP * g; k < GROUP * (g + 1); k += 4) {
                low += (int) (x[k] + x[k + 1]);
                high += (int) (x[k + 2] + x[k + 3]);
            }
            to[g] = pair(-offset * low, -offset * high);
        }
    }

    /** The lower halves of both, {@code low} below. */
    private static int pair(int low, int high) {
        return (low & 0xffff) | (high << 16);
    }
}
