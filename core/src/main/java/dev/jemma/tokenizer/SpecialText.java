package dev.jemma.tokenizer;

/** What decoding makes of special tokens. */
public enum SpecialText {
    /**
     * What the original SentencePiece does: beginning, end and padding are nothing, the unknown token is U+2047 between
     * spaces, and turn tokens, which are user-defined pieces there, are shown.
     */
    ORIGINAL,
    /** Every special token is shown by its name, as in {@code <bos>}. */
    SHOW,
    /** Every special token is left out. */
    SKIP
}
