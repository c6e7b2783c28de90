package dev.jemma.kernel.x86;

/**
 * How the integers of a packed type lie in their panels (drawn in {@link LinearCode}).
 *
 * @param bits of a code: 4, 5, 6 or 8
 * @param offset what was added to codes to make them unsigned; 0, 8, 16 or 32
 * @param halves whether groups have 16 elements, not 32
 * @param factors whether the scale of a group is its block's scale times a byte
 * @param minima whether groups have minima
 */
public record Codes(int bits, int offset, boolean halves, boolean factors, boolean minima) {
    /** Bytes of 32 elements of 16 rows. */
    int blockBytes() {
        return 64 * bits;
    }

    /** Groups in a block of 32. */
    int groups() {
        return halves ? 2 : 1;
    }

    /** Lines of factors (4 groups each) of 256 elements. */
    int factorLines() {
        return 2 * groups();
    }
}
