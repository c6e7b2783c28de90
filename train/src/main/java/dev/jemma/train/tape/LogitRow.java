package dev.jemma.train.tape;

import dev.jemma.tensor.Tensor;

/**
 * The logits of one row, capped where the model caps them, as a loss sees them.
 *
 * @param logits holds the row among others, [n, V]
 * @param row which
 * @param logSumExp log Σ exp of the row
 */
public record LogitRow(Tensor logits, int row, double logSumExp) {
    /** V. */
    public int size() {
        return logits.cols();
    }

    /** The logit of a token. */
    public float logit(int token) {
        return logits.get(row, token);
    }

    /** The log-probability of a token. */
    public double logProb(int token) {
        return logit(token) - logSumExp;
    }
}
