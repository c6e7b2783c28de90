package dev.jemma.eval;

/** What a scorer says to a {@link Request}. */
public sealed interface Answer {
    /**
     * To a {@link Request.LogLikelihood}.
     *
     * @param sum Σ log p over the continuation's tokens, natural log
     * @param greedy whether each of them is the most likely one
     */
    record Likelihood(double sum, boolean greedy) implements Answer {}

    /** To a {@link Request.Rolling}: Σ log p over all tokens, and how many there are. */
    record Rolled(double sum, long tokens) implements Answer {}

    /** To a {@link Request.Generate}: the text up to the first stop. */
    record Text(String text) implements Answer {}
}
