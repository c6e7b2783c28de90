package dev.jemma.model;

import dev.jemma.format.FormatException;
import dev.jemma.tensor.DType;
import java.util.Locale;
import java.util.Optional;

/** How the factor √d on token embeddings is rounded (DESIGN 5.4). */
public enum EmbeddingScale {
    /** What the file says ({@code jemma.embedding_scale}); else exact if the embedding is stored as F32, else bf16. */
    AUTO,
    /** √d in float32, as transformers in float32 and llama.cpp compute it. */
    EXACT,
    /** √d rounded to bfloat16, as the models were trained. */
    BF16;

    /** Where a file says it: a GGUF key, or an entry of the {@code __metadata__} of safetensors. */
    public static final String KEY = "jemma.embedding_scale";

    /**
     * What is in force for a file.
     *
     * @param stated the file's value of {@link #KEY}
     * @param embedding type of its token embedding, which decides if nothing is stated
     * @param source names the file in messages
     * @throws FormatException if the value is unknown
     */
    public static EmbeddingScale of(Optional<String> stated, DType embedding, String source) {
        if (stated.isEmpty()) {
            return embedding == DType.F32 ? EXACT : BF16;
        }
        return switch (stated.get()) {
            case "exact" -> EXACT;
            case "bf16" -> BF16;
            default -> throw new FormatException(source + ": " + KEY + " is neither exact nor bf16");
        };
    }

    /** Its name in files and on the command line. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

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
