package dev.jemma.quant;

/**
 * The 16-bit floating-point types, bit by bit: binary16 (F16) and bfloat16 (BF16, the top half of a float32). Both
 * round to nearest, ties to even, and keep subnormals. A NaN stays a NaN: BF16 keeps its top bits and becomes quiet,
 * the payload of an F16 NaN is the machine's choice.
 */
public final class Halves {
    private Halves() {}

    /** The float32 value of F16 bits; exact. */
    public static float f16ToFloat(short bits) {
        return Float.float16ToFloat(bits);
    }

    /** The nearest F16; magnitudes of 65520 and above become infinite. */
    public static short floatToF16(float value) {
        return Float.floatToFloat16(value);
    }

    /** The float32 value of BF16 bits; exact. */
    public static float bf16ToFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The nearest BF16. */
    public static short floatToBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7FFF_FFFF) > 0x7F80_0000) {
            return (short)
                    ((bits >>> 16) | 0x40); // a NaN whose payload lies in the lower half must not become infinite
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }

    /** The value rounded to BF16 and widened again. */
    public static float roundToBf16(float value) {
        return bf16ToFloat(floatToBf16(value));
    }
}
