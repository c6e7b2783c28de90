package dev.jemma.data;

import java.util.Arrays;
import java.util.List;

/**
 * What one forward pass is trained on: rows of any number of documents laid end to end, no padding. Targets stand at the
 * row that predicts them. The last token of a document predicts nothing, so it has no row: it is only the target of the
 * row before.
 *
 * @param tokens the input of each row
 * @param targets {@code targets[r]} is the token after row r in its document, or {@link #NO_TARGET} where the loss does not
 *     count it
 * @param documents which rows see each other; they follow one another without a gap. Positions begin at 0 in each
 */
public record PackedBatch(int[] tokens, int[] targets, List<Document> documents) {
    /** Stands in {@link #targets} where the loss does not count a row. */
    public static final int NO_TARGET = -1;

    /**
     * Rows that see each other: one document, or a piece of one.
     *
     * @param firstRow row of its first token
     * @param rows number of rows, at least 1
     */
    public record Document(int firstRow, int rows) {}

    public PackedBatch {
        documents = List.copyOf(documents);
        int row = 0;
        for (Document document : documents) {
            if (document.firstRow() != row || document.rows() < 1) {
                throw new IllegalArgumentException("documents must follow one another without a gap: " + documents);
            }
            row += document.rows();
        }
        if (row != tokens.length || targets.length != tokens.length) {
            throw new IllegalArgumentException("documents have " + row + " rows, but there are " + tokens.length
                    + " tokens and " + targets.length + " targets");
        }
    }

    /** Number of rows. */
    public int rows() {
        return tokens.length;
    }

    /** Number of rows whose target counts. */
    public int trainedTokens() {
        int count = 0;
        for (int target : targets) {
            count += target == NO_TARGET ? 0 : 1;
        }
        return count;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PackedBatch that
                && Arrays.equals(tokens, that.tokens)
                && Arrays.equals(targets, that.targets)
                && documents.equals(that.documents);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(targets);
    }

    @Override
    public String toString() {
        return "PackedBatch[tokens=" + Arrays.toString(tokens) + ", targets=" + Arrays.toString(targets)
                + ", documents=" + documents + "]";
    }
}
