package dev.jemma.data;

/**
 * How examples become batches.
 *
 * @param rows most rows of a batch: sequence length × sequences
 * @param documentRows most rows that see each other: the sequence length. Longer text is cut; a longer chat is an error
 * @param lookAhead among how many examples the next one that fits is looked for
 */
public record Packing(int rows, int documentRows, int lookAhead) {
    /** Enough that batches of short chats are nearly full. */
    public static final int DEFAULT_LOOK_AHEAD = 64;

    private static final int LONGEST_SMALLEST_PIECE = 16;

    public Packing {
        if (documentRows < 2 || rows < documentRows || lookAhead < 1) {
            throw new IllegalArgumentException("documents have at least 2 rows, a batch at least those of a document,"
                    + " the look-ahead at least 1: " + documentRows + ", " + rows + ", " + lookAhead);
        }
    }

    /** Batches of so many sequences of this length. */
    public static Packing of(int sequenceLength, int sequences) {
        return new Packing(Math.multiplyExact(sequenceLength, sequences), sequenceLength, DEFAULT_LOOK_AHEAD);
    }

    /** Rows below which a piece of a text is not worth its own {@code <bos>}. */
    int smallestPiece() {
        return Math.min(LONGEST_SMALLEST_PIECE, documentRows / 2);
    }
}
