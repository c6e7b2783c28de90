package dev.jemma.kernel;

/**
 * What keys and values are kept as. They are rounded when they are stored and meet float32 queries and weights as what
 * they decode to; the layout is drawn at {@link KvBlocks}, the rounding stated at {@link Kernels#storeKv}.
 */
public enum KvType {
    /** float32: nothing is lost. */
    F32,
    /** bfloat16, half the memory. */
    BF16,
    /** 8-bit codes with a float16 scale for 32 features, 27 % of the memory. */
    Q8_0;

    /** Features of a position that share a scale; the last block of a head may be shorter. */
    static final int BLOCK = 32;

    /** Bytes of the keys, or of the values, of one head and 16 positions. */
    public long headBytes(int headDim) {
        long elements = (long) KvBlocks.TOKENS * headDim;
        return switch (this) {
            case F32 -> 4 * elements;
            case BF16 -> 2 * elements;
            case Q8_0 -> elements + 2L * KvBlocks.TOKENS * Math.ceilDiv(headDim, BLOCK);
        };
    }

    /** Bytes of the features of one value. */
    long rowBytes(int headDim) {
        return switch (this) {
            case F32 -> 4L * headDim;
            case BF16 -> 2L * headDim;
            case Q8_0 -> headDim;
        };
    }

    /** Byte offset of the scale of a block of features and a position (0 … 15) from where a head begins. */
    static long scale(int headDim, int block, int position) {
        return (long) KvBlocks.TOKENS * headDim + 2L * (KvBlocks.TOKENS * block + position);
    }
}
