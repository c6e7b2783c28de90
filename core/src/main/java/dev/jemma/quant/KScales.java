package dev.jemma.quant;

import static dev.jemma.quant.Blocks.u8;

import java.lang.foreign.MemorySegment;

/** The 6-bit scales and minima of K-quants, packed into 12 bytes; for decoders, encoders and kernels that repack. */
public final class KScales {
    private KScales() {}

    /** Scale (0 … 63) of sub-block {@code group} (0 … 7) of a Q4_K or Q5_K block whose 12 scale bytes start at {@code at}. */
    public static int scale(MemorySegment src, long at, int group) {
        return group < 4
                ? u8(src, at + group) & 63
                : (u8(src, at + group + 4) & 15) | u8(src, at + group - 4) >> 6 << 4;
    }

    /** Minimum (0 … 63) of sub-block {@code group} of a Q4_K or Q5_K block. */
    public static int min(MemorySegment src, long at, int group) {
        return group < 4 ? u8(src, at + group + 4) & 63 : u8(src, at + group + 4) >> 4 | u8(src, at + group) >> 6 << 4;
    }

    /** Scale (−32 … 31) of group {@code group} (0 … 15) of a Q3_K block whose 12 scale bytes start at {@code at}. */
    public static int q3k(MemorySegment src, long at, int group) {
        int low = u8(src, at + (group & 7)) >> (4 * (group >> 3)) & 15;
        int high = u8(src, at + 8 + (group & 3)) >> (2 * (group >> 2)) & 3;
        return (low | high << 4) - 32;
    }
}
