package dev.jemma.quant;

import static dev.jemma.quant.Blocks.putF16;
import static dev.jemma.quant.Blocks.putU8;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packs what the searches find into the blocks of 256 elements that K-quants are stored in. */
final class KEncoders {
    private KEncoders() {}

    /** Encodes {@code blocks} consecutive blocks with one set of scratch arrays. */
    static void encode(DType type, float[] src, int from, MemorySegment dst, long at, int blocks) {
        switch (type) {
            case Q2_K, Q4_K, Q5_K -> {
                AffineSearch search = switch (type) {
                    case Q2_K -> new AffineSearch(16, 16, 3, 15);
                    case Q4_K -> new AffineSearch(8, 32, 15, 63);
                    default -> new AffineSearch(8, 32, 31, 63);
                };
                for (int b = 0; b < blocks; b++) {
                    search.encode(src, from + b * 256);
                    MemorySegment block = dst.asSlice(at + (long) b * type.blockBytes(), type.blockBytes());
                    block.fill((byte) 0);
                    switch (type) {
                        case Q2_K -> packQ2(search, block);
                        case Q4_K -> packQ4(search, block);
                        default -> packQ5(search, block);
                    }
                }
            }
            case Q3_K, Q6_K -> {
                SymmetricSearch search =
                        type == DType.Q3_K ? new SymmetricSearch(16, 16, 4, 32) : new SymmetricSearch(16, 16, 32, 128);
                for (int b = 0; b < blocks; b++) {
                    search.encode(src, from + b * 256);
                    MemorySegment block = dst.asSlice(at + (long) b * type.blockBytes(), type.blockBytes());
                    block.fill((byte) 0);
                    if (type == DType.Q3_K) {
                        packQ3(search, block);
                    } else {
                        packQ6(search, block);
                    }
                }
            }
            default -> throw new IllegalArgumentException(type + " is not a K-quant");
        }
    }

    private static void packQ2(AffineSearch from, MemorySegment block) {
        for (int g = 0; g < 16; g++) {
            putU8(block, g, from.scale[g] | from.min[g] << 4);
        }
        packTwoBits(from.codes, block, 16);
        putF16(block, 80, from.d);
        putF16(block, 82, from.dmin);
    }

    private static void packQ3(SymmetricSearch from, MemorySegment block) {
        byte[] low = new byte[256];
        for (int i = 0; i < 256; i++) {
            int q = from.codes[i] + 4;
            low[i] = (byte) (q & 3);
            or(block, i & 31, q >> 2 << (i >> 5));
        }
        packTwoBits(low, block, 32);
        for (int g = 0; g < 16; g++) {
            int s = from.scale[g] + 32;
            or(block, 96 + (g & 7), (s & 15) << (4 * (g >> 3)));
            or(block, 104 + (g & 3), s >> 4 << (2 * (g >> 2)));
        }
        putF16(block, 108, from.d);
    }

    private static void packQ4(AffineSearch from, MemorySegment block) {
        putF16(block, 0, from.d);
        putF16(block, 2, from.dmin);
        packScales(from, block);
        packNibbles(from.codes, block, 16);
    }

    private static void packQ5(AffineSearch from, MemorySegment block) {
        putF16(block, 0, from.d);
        putF16(block, 2, from.dmin);
        packScales(from, block);
        for (int i = 0; i < 256; i++) {
            or(block, 16 + (i & 31), from.codes[i] >> 4 << (i >> 5));
        }
        packNibbles(from.codes, block, 48);
    }

    private static void packQ6(SymmetricSearch from, MemorySegment block) {
        for (int i = 0; i < 256; i++) {
            int q = from.codes[i] + 32;
            int half = i >> 7;
            int quarter = i >> 5 & 3;
            or(block, half * 64 + (quarter & 1) * 32 + (i & 31), (q & 15) << (4 * (quarter >> 1)));
            or(block, 128 + half * 32 + (i & 31), q >> 4 << (2 * quarter));
        }
        for (int g = 0; g < 16; g++) {
            putU8(block, 192 + g, from.scale[g]);
        }
        putF16(block, 208, from.d);
    }

    /** Four codes of two bits a byte: elements i, i + 32, i + 64, i + 96 of each 128. */
    private static void packTwoBits(byte[] codes, MemorySegment block, int at) {
        for (int i = 0; i < 256; i++) {
            or(block, at + (i >> 7) * 32 + (i & 31), codes[i] << (2 * (i >> 5 & 3)));
        }
    }

    /** Two codes' low four bits a byte: elements i and i + 32 of each 64. */
    private static void packNibbles(byte[] codes, MemorySegment block, int at) {
        for (int i = 0; i < 256; i++) {
            or(block, at + (i >> 6) * 32 + (i & 31), (codes[i] & 15) << (4 * (i >> 5 & 1)));
        }
    }

    /** The inverse of {@link KScales#scale} and {@link KScales#min}. */
    private static void packScales(AffineSearch from, MemorySegment block) {
        for (int g = 0; g < 4; g++) {
            putU8(block, 4 + g, from.scale[g] | from.scale[g + 4] >> 4 << 6);
            putU8(block, 8 + g, from.min[g] | from.min[g + 4] >> 4 << 6);
            putU8(block, 12 + g, (from.scale[g + 4] & 15) | (from.min[g + 4] & 15) << 4);
        }
    }

    private static void or(MemorySegment block, long at, int bits) {
        block.set(ValueLayout.JAVA_BYTE, at, (byte) (block.get(ValueLayout.JAVA_BYTE, at) | bits));
    }
}
