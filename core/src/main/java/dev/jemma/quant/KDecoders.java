package dev.jemma.quant;

import static dev.jemma.quant.Blocks.f16;
import static dev.jemma.quant.Blocks.i8;
import static dev.jemma.quant.Blocks.u8;

import java.lang.foreign.MemorySegment;

/** Decoders of the types with blocks of 256 elements (K-quants and IQ4_XS), one block a call. */
final class KDecoders {
    private KDecoders() {}

    /** u8 scales[16] (low nibble: scale, high: minimum), qs[64], f16 d, f16 dmin: d·sc·q − dmin·m, 16 elements a scale. */
    static void q2k(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at + 80);
        float dmin = f16(src, at + 82);
        for (int group = 0; group < 16; group++) {
            int scale = u8(src, at + group);
            float step = d * (scale & 15);
            float min = dmin * (scale >> 4);
            // 128 elements take 32 bytes: shift 0 serves the first 32 elements, shift 2 the next …
            long bytes = at + 16 + (group >> 3) * 32L + (group & 1) * 16L;
            int shift = (group >> 1 & 3) * 2;
            for (int i = 0; i < 16; i++) {
                dst[to + group * 16 + i] = step * (u8(src, bytes + i) >> shift & 3) - min;
            }
        }
    }

    /** hmask[32], qs[64], scales[12], f16 d: d·(sc − 32)·(q − (high bit ? 0 : 4)), 16 elements a scale. */
    static void q3k(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at + 108);
        for (int group = 0; group < 16; group++) {
            float step = d * KScales.q3k(src, at + 96, group);
            long low = at + 32 + (group >> 3) * 32L + (group & 1) * 16L;
            long high = at + (group & 1) * 16L;
            int shift = (group >> 1 & 3) * 2;
            int bit = group >> 1;
            for (int i = 0; i < 16; i++) {
                int q = u8(src, low + i) >> shift & 3;
                int offset = (u8(src, high + i) >> bit & 1) == 0 ? 4 : 0;
                dst[to + group * 16 + i] = step * (q - offset);
            }
        }
    }

    /** f16 d, f16 dmin, scales[12], qs[128]: d·sc·q − dmin·m, 32 elements a scale. */
    static void q4k(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        float dmin = f16(src, at + 2);
        for (int group = 0; group < 8; group++) {
            float step = d * KScales.scale(src, at + 4, group);
            float min = dmin * KScales.min(src, at + 4, group);
            long bytes = at + 16 + (group >> 1) * 32L;
            int shift = (group & 1) * 4;
            for (int i = 0; i < 32; i++) {
                dst[to + group * 32 + i] = step * (u8(src, bytes + i) >> shift & 15) - min;
            }
        }
    }

    /** f16 d, f16 dmin, scales[12], qh[32], qs[128]: as Q4_K with a fifth bit, bit {@code group} of qh. */
    static void q5k(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        float dmin = f16(src, at + 2);
        for (int group = 0; group < 8; group++) {
            float step = d * KScales.scale(src, at + 4, group);
            float min = dmin * KScales.min(src, at + 4, group);
            long bytes = at + 48 + (group >> 1) * 32L;
            int shift = (group & 1) * 4;
            for (int i = 0; i < 32; i++) {
                int q = (u8(src, bytes + i) >> shift & 15) | (u8(src, at + 16 + i) >> group & 1) << 4;
                dst[to + group * 32 + i] = step * q - min;
            }
        }
    }

    /** ql[128], qh[64], i8 scales[16], f16 d: d·sc·(q − 32), 16 elements a scale. */
    static void q6k(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at + 208);
        for (int group = 0; group < 16; group++) {
            float step = d * i8(src, at + 192 + group);
            int quarter = group >> 1 & 3; // of the 128 elements that share 64 + 32 bytes
            long low = at + (group >> 3) * 64L + (quarter & 1) * 32L + (group & 1) * 16L;
            long high = at + 128 + (group >> 3) * 32L + (group & 1) * 16L;
            int lowShift = (quarter >> 1) * 4;
            int highShift = quarter * 2;
            for (int i = 0; i < 16; i++) {
                int q = (u8(src, low + i) >> lowShift & 15) | (u8(src, high + i) >> highShift & 3) << 4;
                dst[to + group * 16 + i] = step * (q - 32);
            }
        }
    }

    /** f16 d, u16 scales_h, scales_l[4], qs[128]: d·(sc − 32)·table, 32 elements a scale. */
    static void iq4xs(MemorySegment src, long at, float[] dst, int to) {
        float d = f16(src, at);
        int high = Blocks.u16(src, at + 2);
        for (int group = 0; group < 8; group++) {
            int scale = (u8(src, at + 4 + (group >> 1)) >> (4 * (group & 1)) & 15) | (high >> (2 * group) & 3) << 4;
            float step = d * (scale - 32);
            for (int i = 0; i < 16; i++) {
                int b = u8(src, at + 8 + group * 16L + i);
                dst[to + group * 32 + i] = step * Blocks.IQ4_VALUES[b & 15];
                dst[to + group * 32 + 16 + i] = step * Blocks.IQ4_VALUES[b >> 4];
            }
        }
    }
}
