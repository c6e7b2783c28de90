package dev.jemma.quant;

import static dev.jemma.quant.Blocks.putF16;
import static dev.jemma.quant.Blocks.putU8;

import java.lang.foreign.MemorySegment;

/**
 * Encoders of the types with blocks of 32 elements, one block a call, with exactly the bytes of the reference: float32 at
 * every step, no fused operations, the inverse of the scale multiplied rather than the scale divided by. Codes follow
 * from the float32 scale even where the stored f16 scale overflows or underflows.
 */
final class Encoders {
    private Encoders() {}

    static void q4v0(float[] src, int from, MemorySegment dst, long at) {
        float d = extreme(src, from) / -8;
        float inverse = inverse(d);
        putF16(dst, at, d);
        for (int i = 0; i < 16; i++) {
            int low = clamp((int) (src[from + i] * inverse + 8.5f), 15);
            int high = clamp((int) (src[from + 16 + i] * inverse + 8.5f), 15);
            putU8(dst, at + 2 + i, low | high << 4);
        }
    }

    static void q4v1(float[] src, int from, MemorySegment dst, long at) {
        float min = min(src, from);
        float d = (max(src, from) - min) / 15;
        float inverse = inverse(d);
        putF16(dst, at, d);
        putF16(dst, at + 2, min);
        for (int i = 0; i < 16; i++) {
            int low = clamp((int) ((src[from + i] - min) * inverse + 0.5f), 15);
            int high = clamp((int) ((src[from + 16 + i] - min) * inverse + 0.5f), 15);
            putU8(dst, at + 4 + i, low | high << 4);
        }
    }

    static void q5v0(float[] src, int from, MemorySegment dst, long at) {
        float d = extreme(src, from) / -16;
        float inverse = inverse(d);
        putF16(dst, at, d);
        int fifth = 0;
        for (int i = 0; i < 16; i++) {
            int low = clamp((int) (src[from + i] * inverse + 16.5f), 31);
            int high = clamp((int) (src[from + 16 + i] * inverse + 16.5f), 31);
            putU8(dst, at + 6 + i, (low & 15) | (high & 15) << 4);
            fifth |= (low >> 4) << i | (high >> 4) << (i + 16);
        }
        dst.set(Blocks.INT, at + 2, fifth);
    }

    static void q5v1(float[] src, int from, MemorySegment dst, long at) {
        float min = min(src, from);
        float d = (max(src, from) - min) / 31;
        float inverse = inverse(d);
        putF16(dst, at, d);
        putF16(dst, at + 2, min);
        int fifth = 0;
        for (int i = 0; i < 16; i++) {
            int low = clamp((int) ((src[from + i] - min) * inverse + 0.5f), 31);
            int high = clamp((int) ((src[from + 16 + i] - min) * inverse + 0.5f), 31);
            putU8(dst, at + 8 + i, (low & 15) | (high & 15) << 4);
            fifth |= (low >> 4) << i | (high >> 4) << (i + 16);
        }
        dst.set(Blocks.INT, at + 4, fifth);
    }

    static void q8v0(float[] src, int from, MemorySegment dst, long at) {
        float d = Math.abs(extreme(src, from)) / 127;
        float inverse = inverse(d);
        putF16(dst, at, d);
        for (int i = 0; i < 32; i++) {
            float x = src[from + i] * inverse;
            int magnitude = (int) (Math.abs(x) + 0.5f); // |x| is at most 127.00001: the sum loses nothing that counts
            if (magnitude - Math.abs(x) > 0.5f) {
                magnitude--; // … but for the float just below a half, which the sum rounds up
            }
            putU8(dst, at + 2 + i, x < 0 ? -magnitude : magnitude);
        }
    }

    static void mxfp4(float[] src, int from, MemorySegment dst, long at) {
        float max = Math.abs(extreme(src, from));
        int exponent = max == 0 ? 0 : Math.clamp(Math.getExponent(max) - 2 + 127, 0, 254);
        float scale = Blocks.halfScale(exponent);
        putU8(dst, at, exponent);
        for (int i = 0; i < 16; i++) {
            putU8(dst, at + 1 + i, nearest(src[from + i], scale) | nearest(src[from + 16 + i], scale) << 4);
        }
    }

    /** The code whose value lies nearest to {@code x}; the lowest code on ties. */
    private static int nearest(float x, float scale) {
        int best = 0;
        float least = Math.abs(x);
        for (int code = 1; code < 16; code++) {
            float distance = Math.abs(scale * Blocks.MXFP4_VALUES[code] - x);
            if (distance < least) {
                least = distance;
                best = code;
            }
        }
        return best;
    }

    /** The element of the largest magnitude, with its sign; the first on ties. */
    private static float extreme(float[] src, int from) {
        float extreme = src[from]; // also where all are zero: the sign of the first zero reaches the stored scale
        for (int i = 1; i < 32; i++) {
            if (Math.abs(src[from + i]) > Math.abs(extreme)) {
                extreme = src[from + i];
            }
        }
        return extreme;
    }

    private static float min(float[] src, int from) {
        float min = src[from];
        for (int i = 1; i < 32; i++) {
            min = Math.min(min, src[from + i]);
        }
        return min;
    }

    private static float max(float[] src, int from) {
        float max = src[from];
        for (int i = 1; i < 32; i++) {
            max = Math.max(max, src[from + i]);
        }
        return max;
    }

    private static float inverse(float d) {
        return d == 0 ? 0 : 1 / d;
    }

    private static int clamp(int q, int max) {
        return q < 0 ? 0 : Math.min(q, max);
    }
}
