package dev.jemma.tokenizer;

/**
 * Turns ids into text one by one. The chunks put together are exactly what decoding all ids at once gives, and no
 * chunk holds half a character: the bytes of one are held back until it is complete. Not thread-safe; one a stream.
 */
public final class StreamDecoder {
    private final Tokenizer tokenizer;
    private final SpecialText specialText;
    private final ByteJoiner joiner;

    StreamDecoder(Tokenizer tokenizer, SpecialText specialText, int expectedBytes) {
        this.tokenizer = tokenizer;
        this.specialText = specialText;
        this.joiner = new ByteJoiner(expectedBytes);
    }

    /** The text that this id completes; empty if it completes none. */
    public String push(int id) {
        append(id);
        return joiner.take();
    }

    /** What is left at the end: U+FFFD for each byte of an unfinished character, else nothing. */
    public String flush() {
        joiner.finish();
        return joiner.take();
    }

    void append(int id) {
        tokenizer.append(id, specialText, joiner);
    }
}
