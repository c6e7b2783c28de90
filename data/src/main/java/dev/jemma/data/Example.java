package dev.jemma.data;

import java.util.Arrays;

/**
 * Tokens of one document or chat, with which of them are targets of the loss. It begins with {@code <bos>}, which is never
 * a target. Where every later token is one, the example is running text: it may be cut anywhere, and each piece then begins
 * with the same first token ({@link #isText}).
 *
 * @param tokens ids, at least two
 * @param trained as long as {@code tokens}; {@code trained[i]} says whether token i is predicted from those before it
 */
public record Example(int[] tokens, boolean[] trained) {
    public Example {
        if (tokens.length < 2 || trained.length != tokens.length || trained[0]) {
            throw new IllegalArgumentException(
                    "an example has at least two tokens and as many marks, and its first token"
                            + " cannot be predicted: " + tokens.length + " tokens, " + trained.length + " marks");
        }
    }

    /** Running text, of which every token but the first is a target. */
    public static Example text(int[] tokens) {
        boolean[] trained = new boolean[tokens.length];
        Arrays.fill(trained, 1, trained.length, true);
        return new Example(tokens, trained);
    }

    /** Number of tokens. */
    public int length() {
        return tokens.length;
    }

    /** Rows of a forward pass that this takes: the last token is only a target. */
    public int rows() {
        return tokens.length - 1;
    }

    /** Number of targets. */
    public int trainedTokens() {
        int count = 0;
        for (boolean target : trained) {
            count += target ? 1 : 0;
        }
        return count;
    }

    /** Whether every token but the first is a target. */
    public boolean isText() {
        return trainedTokens() == tokens.length - 1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Example that
                && Arrays.equals(tokens, that.tokens)
                && Arrays.equals(trained, that.trained);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(trained);
    }

    @Override
    public String toString() {
        return "Example[tokens=" + Arrays.toString(tokens) + ", trained=" + Arrays.toString(trained) + "]";
    }
}
