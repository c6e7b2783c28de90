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

    /** Whether {@link #encode} knows the type. */
    public static boolean canEncode(DType type) {
        return type != DType.IQ4_NL && type != DType.IQ4_XS;
    }

    /**
     * Encodes {@code n} float32 values, a multiple of the type's block, into the bytes from {@code dstOffset} on. F16,
     * BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 and MXFP4 give the reference's bytes; K-quants are searched for least squared
     * error.
     *
     * @throws IllegalArgumentException if {@code n} is not a multiple of the block, or the type can only be decoded
     * @throws IndexOutOfBoundsException if either side is too short
     */
    public static void encode(DType type, float[] src, int srcOffset, MemorySegment dst, long dstOffset, int n) {
        long bytes = type.bytesFor(n);
        Objects.checkFromIndexSize(dstOffset, bytes, dst.byteSize());
        Objects.checkFromIndexSize(srcOffset, n, src.length);
        int blocks = n / type.blockElements();
        switch (type) {
            case F32 -> MemorySegment.copy(src, srcOffset, dst, Blocks.FLOAT, dstOffset, n);
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    dst.set(Blocks.SHORT, dstOffset + 2L * i, Halves.floatToF16(src[srcOffset + i]));
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    dst.set(Blocks.SHORT, dstOffset + 2L * i, Halves.floatToBf16(src[srcOffset + i]));
                }
            }
            case Q2_K, Q3_K, Q4_K, Q5_K, Q6_K -> KEncoders.encode(type, src, srcOffset, dst, dstOffset, blocks);
            default -> {
                BlockEncoder encoder = blockEncoder(type);
                for (int b = 0; b < blocks; b++) {
                    encoder.encode(src, srcOffset + b * 32, dst, dstOffset + (long) b * type.blockBytes());
                }
            }
        }
    }

    /** The bytes of {@code values}, whose number is a multiple of the type's block. */
    public static byte[] encode(DType type, float[] values) {
        byte[] bytes = new byte[Math.toIntExact(type.bytesFor(values.length))];
        encode(type, values, 0, MemorySegment.ofArray(bytes), 0, values.length);
        return bytes;
    }

    /** Encodes one block of 32 elements. */
    private interface BlockEncoder {
        void encode(float[] src, int from, MemorySegment dst, long at);
    }

    private static BlockEncoder blockEncoder(DType type) {
        return switch (type) {
            case Q4_0 -> Encoders::q4v0;
            case Q4_1 -> Encoders::q4v1;
            case Q5_0 -> Encoders::q5v0;
            case Q5_1 -> Encoders::q5v1;
            case Q8_0 -> Encoders::q8v0;
            case MXFP4 -> Encoders::mxfp4;
            default -> throw new IllegalArgumentException(type + " can be read but not written");
        };
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
