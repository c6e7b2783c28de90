package dev.jemma.data;

import java.util.List;

/**
 * What one forward pass is trained on: rows of any number of documents laid end to end.
 *
 * @param tokens token of each row
 * @param targets the token after each row in its document, or −1 where the loss does not count it
 * @param documents which rows belong together, in order
 */
public record PackedBatch(int[] tokens, int[] targets, List<Document> documents) {
    /** Rows {@code firstRow} … {@code firstRow + rows − 1} are one document; positions start at 0. */
    public record Document(int firstRow, int rows) {}

    public PackedBatch {
        documents = List.copyOf(documents);
    }

    /** Rows of the batch. */
    public int rows() {
        return tokens.length;
    }

    /** Rows whose target the loss counts. */
    public int trainedTokens() {
        int n = 0;
        for (int target : targets) {
            n += target >= 0 ? 1 : 0;
        }
        return n;
    }
}
