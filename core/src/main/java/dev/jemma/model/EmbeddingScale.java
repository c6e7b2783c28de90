package dev.jemma.model;

/** How the factor √d on token embeddings is rounded (DESIGN 5.4). */
public enum EmbeddingScale {
    /** What the file says ({@code jemma.embedding_scale}); else exact if the embedding is stored as F32, else bf16. */
    AUTO,
    /** √d in float32, as transformers in float32 and llama.cpp compute it. */
    EXACT,
    /** √d rounded to bfloat16, as the models were trained. */
    BF16;

    /** The factor for width {@code hiddenSize}; AUTO must have been resolved. */
    public float factor(int hiddenSize) {
        float exact = (float) Math.sqrt(hiddenSize);
        return switch (this) {
            case EXACT -> exact;
            case BF16 -> roundToBf16(exact);
            case AUTO -> throw new IllegalStateException("resolve AUTO against the file first");
        };
    }

    private static float roundToBf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        int rounded = bits + 0x7FFF + (bits >>> 16 & 1);
        return Float.intBitsToFloat(rounded & 0xFFFF0000);
    }
}
