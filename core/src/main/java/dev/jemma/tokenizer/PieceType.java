package dev.jemma.tokenizer;

/** What a piece of a vocabulary is, with the numbers that SentencePiece models and GGUF files share. */
public enum PieceType {
    /** Reached from text by merging. */
    NORMAL(1),
    /** Stands for what the vocabulary cannot say. */
    UNKNOWN(2),
    /** Never produced from text. */
    CONTROL(3),
    /** Cut out of the text whole, before any merging. */
    USER_DEFINED(4),
    /** Kept for its number only: neither matched nor merged. */
    UNUSED(5),
    /** One byte, written {@code <0xHH>}: the fallback of characters without a piece. */
    BYTE(6);

    private static final PieceType[] BY_CODE = {NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE};

    private final int code;

    PieceType(int code) {
        this.code = code;
    }

    /** The number in files, 1 to 6. */
    public int code() {
        return code;
    }

    static boolean isCode(int code) {
        return code >= 1 && code <= BY_CODE.length;
    }

    static PieceType of(int code) {
        return BY_CODE[code - 1];
    }
}
