package dev.jemma.infer;

import java.util.List;

/**
 * A token's log-probability (natural log) under the model itself: softmax of the raw logits, before any sampling rule.
 *
 * @param id the token
 * @param logprob its log-probability
 * @param top the most likely tokens at this position, best first, as many as were asked for
 */
public record TokenLogprob(int id, float logprob, List<Alternative> top) {
    public TokenLogprob {
        top = List.copyOf(top);
    }

    /** A token that could have come, with its raw logit. */
    public record Alternative(int id, float logit, float logprob) {}
}
