package dev.jemma.quant;

import static dev.jemma.quant.Blocks.f16;
import static dev.jemma.quant.Blocks.u8;

import java.lang.foreign.MemorySegment;

/** Decoders of the types with blocks of 32 elements, one block a call. Scales come first; 16 bytes hold 32 nibbles. */
final class Decoders {
    private Decoders() {}

    /** f16 d, 16 bytes of nibbles: (q − 8)·d. */
    static void q4v0(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 2 + i);
            dst[to + i] = ((b & 15) - 8) * d;
            dst[to + 16 + i] = ((b >> 4) - 8) * d;
        }
    }

    /** f16 d, f16 m, nibbles: q·d + m. */
    static void q4v1(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        float m = f16(src, at + 2);
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 4 + i);
            dst[to + i] = (b & 15) * d + m;
            dst[to + 16 + i] = (b >> 4) * d + m;
        }
    }

    /** f16 d, 32 fifth bits, nibbles: (q − 16)·d. */
    static void q5v0(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        int high = src.get(Blocks.INT, at + 2);
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 6 + i);
            dst[to + i] = (((b & 15) | ((high >>> i) & 1) << 4) - 16) * d;
            dst[to + 16 + i] = (((b >> 4) | ((high >>> (i + 16)) & 1) << 4) - 16) * d;
        }
    }

    /** f16 d, f16 m, 32 fifth bits, nibbles: q·d + m. */
    static void q5v1(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        float m = f16(src, at + 2);
        int high = src.get(Blocks.INT, at + 4);
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 8 + i);
            dst[to + i] = ((b & 15) | ((high >>> i) & 1) << 4) * d + m;
            dst[to + 16 + i] = ((b >> 4) | ((high >>> (i + 16)) & 1) << 4) * d + m;
        }
    }

    /** f16 d, 32 signed bytes: q·d. */
    static void q8v0(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        for (int i = 0; i < 32; i++) {
            dst[to + i] = Blocks.i8(src, at + 2 + i) * d;
        }
    }

    /** f16 d, nibbles into a table of 16 values. */
    static void iq4nl(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 2 + i);
            dst[to + i] = Blocks.IQ4_VALUES[b & 15] * d;
            dst[to + 16 + i] = Blocks.IQ4_VALUES[b >> 4] * d;
        }
    }

    /** A power of two, nibbles into the table of E2M1. */
    static void mxfp4(MemorySegment src, long at, float[] dst, int to) {
        float d = Blocks.halfScale(u8(src, at));
        for (int i = 0; i < 16; i++) {
            int b = u8(src, at + 1 + i);
            dst[to + i] = Blocks.MXFP4_VALUES[b & 15] * d;
            dst[to + 16 + i] = Blocks.MXFP4_VALUES[b >> 4] * d;
        }
    }
}
