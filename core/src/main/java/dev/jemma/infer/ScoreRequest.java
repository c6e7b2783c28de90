package dev.jemma.infer;

import dev.jemma.model.Adapter;
import java.util.Optional;

/**
 * Asks for the log-probabilities of given tokens.
 *
 * @param ids the whole text, {@code <bos>} included
 * @param firstTarget index of the first token to score, at least 1
 * @param top how many of the best tokens to return at every scored position
 * @param adapter what serves it; empty for the engine's own, if it has one
 */
public record ScoreRequest(int[] ids, int firstTarget, int top, Optional<Adapter> adapter) {
    /** Without an adapter of its own. */
    public ScoreRequest(int[] ids, int firstTarget, int top) {
        this(ids, firstTarget, top, Optional.empty());
    }

    public ScoreRequest {
        if (firstTarget < 1 || firstTarget > ids.length || top < 0) {
            throw new IllegalArgumentException("targets " + firstTarget + " … of " + ids.length
                    + " tokens: the first token has nothing before it and cannot be scored");
        }
    }
}
