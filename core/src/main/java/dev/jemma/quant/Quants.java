package dev.jemma.quant;

import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The door to the block formats: stored bytes to float32 values and back. Decoding is exact, so that every kernel can be
 * held against it. Stateless; any number of threads may use it.
 */
public final class Quants {
    private Quants() {}

    /**
     * Decodes {@code n} elements, a multiple of the type's block, from byte {@code srcOffset} of {@code src} on into
     * {@code dst[dstOffset] …}. The bytes need no alignment.
     *
     * @throws IllegalArgumentException if {@code n} is not a multiple of the block
     * @throws IndexOutOfBoundsException if either side is too short
     */
    public static void decode(DType type, MemorySegment src, long srcOffset, float[] dst, int dstOffset, int n) {
        long bytes = type.bytesFor(n);
        Objects.checkFromIndexSize(srcOffset, bytes, src.byteSize());
        Objects.checkFromIndexSize(dstOffset, n, dst.length);
        switch (type) {
            case F32 -> MemorySegment.copy(src, Blocks.FLOAT, srcOffset, dst, dstOffset, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    dst[dstOffset + i] = Float.float16ToFloat(src.get(Blocks.SHORT, srcOffset + 2L * i));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    dst[dstOffset + i] = Halves.bf16ToFloat(src.get(Blocks.SHORT, srcOffset + 2L * i));
                }
            }
            default -> {
                BlockDecoder decoder = blockDecoder(type);
                int blocks = n / type.blockElements();
                for (int b = 0; b < blocks; b++) {
                    decoder.decode(
                            src, srcOffset + (long) b * type.blockBytes(), dst, dstOffset + b * type.blockElements());
                }
            }
        }
    }

    /** All elements of {@code src}, which holds whole blocks, in a new array. */
    public static float[] decode(DType type, MemorySegment src) {
        long blocks = src.byteSize() / type.blockBytes();
        float[] values = new float[Math.toIntExact(Math.multiplyExact(blocks, (long) type.blockElements()))];
        decode(type, src, 0, values, 0, values.length);
        return values;
    }

    /** All elements of {@code bytes}, which holds whole blocks, in a new array. */
    public static float[] decode(DType type, byte[] bytes) {
        return decode(type, MemorySegment.ofArray(bytes));
    }

    /** Decodes one block into {@code dst[to] …}; no checks beyond those of the memory itself. */
    private interface BlockDecoder {
        void decode(MemorySegment src, long at, float[] dst, int to);
    }

    private static BlockDecoder blockDecoder(DType type) {
        return switch (type) {
            case Q4_0 -> Decoders::q4v0;
            case Q4_1 -> Decoders::q4v1;
            case Q5_0 -> Decoders::q5v0;
            case Q5_1 -> Decoders::q5v1;
            case Q8_0 -> Decoders::q8v0;
            case Q2_K -> KDecoders::q2k;
            case Q3_K -> KDecoders::q3k;
            case Q4_K -> KDecoders::q4k;
            case Q5_K -> KDecoders::q5k;
            case Q6_K -> KDecoders::q6k;
            case IQ4_NL -> Decoders::iq4nl;
            case IQ4_XS -> KDecoders::iq4xs;
            case MXFP4 -> Decoders::mxfp4;
            case F32, F16, BF16 -> throw new IllegalArgumentException(type + " has no blocks");
        };
    }
}
