package dev.jemma.infer;

import java.util.List;

/**
 * Guesses what sequences say next; the {@link Scheduler} verifies. Guesses may be wrong in any way: they decide how long
 * something takes, never what comes out. Used on the engine's thread alone.
 */
sealed interface Proposer extends AutoCloseable permits PromptLookup, DraftModel {
    /** No guess. */
    int[] NOTHING = {};

    /** Guesses for decoding sequences, at most {@code limits[i]} tokens for the i-th, in their order. */
    List<int[]> propose(List<Sequence> sequences, int[] limits);

    /** So many of the tokens proposed last for a sequence were right. */
    void learn(Sequence sequence, int proposed, int accepted);

    /** A sequence is over. */
    void forget(Sequence sequence);

    @Override
    void close();
}
