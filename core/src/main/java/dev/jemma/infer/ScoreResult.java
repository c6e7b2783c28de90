package dev.jemma.infer;

import java.util.List;

/**
 * Log-probabilities of the targets of a {@link ScoreRequest}, one entry a target: log p(ids[i] | ids[..i − 1]).
 *
 * @param logprobs natural logarithms
 * @param greedy whether the target is the most likely token (the first on ties)
 * @param top the best tokens, best first; empty lists if none were asked for
 */
public record ScoreResult(float[] logprobs, boolean[] greedy, List<List<TokenLogprob.Alternative>> top) {
    /** Σ log p over all targets. */
    public double sum() {
        double sum = 0;
        for (float logprob : logprobs) {
            sum += logprob;
        }
        return sum;
    }

    /** Whether greedy decoding would give exactly the targets. */
    public boolean allGreedy() {
        for (boolean g : greedy) {
            if (!g) {
                return false;
            }
        }
        return true;
    }
}
