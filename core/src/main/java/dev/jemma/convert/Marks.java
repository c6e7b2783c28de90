package dev.jemma.convert;

/** Keys of our own in GGUF metadata, beside {@link dev.jemma.model.EmbeddingScale#KEY}. */
final class Marks {
    /** The element type of the norms before they became F32, by its {@link dev.jemma.tensor.DType} name. */
    static final String SOURCE_DTYPE = "jemma.source_dtype";

    private Marks() {}
}
