package dev.jemma.convert;

import dev.jemma.tensor.DType;

/** Keys of our own, in GGUF metadata and in the {@code __metadata__} of safetensors (DESIGN 5.4). */
public final class Marks {
    /** Whether the embedding factor √d is rounded to bfloat16: {@link #EXACT} or {@link #BF16}. */
    public static final String EMBEDDING_SCALE = "jemma.embedding_scale";

    /** The factor is used as float32 gives it. */
    public static final String EXACT = "exact";

    /** The factor is rounded to bfloat16, as the models were trained. */
    public static final String BF16 = "bf16";

    /** The element type of the norms before they became F32, by its {@link DType} name. */
    public static final String SOURCE_DTYPE = "jemma.source_dtype";

    /** The text of {@code generation_config.json}. */
    public static final String GENERATION_CONFIG = "jemma.generation_config";

    private Marks() {}

    /** The factor in force where a file does not say: exact for a model in float32. */
    static String scaleFor(DType embedding) {
        return embedding == DType.F32 ? EXACT : BF16;
    }
}
