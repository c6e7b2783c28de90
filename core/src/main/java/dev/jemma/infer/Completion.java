package dev.jemma.infer;

import java.util.List;

/**
 * A finished continuation.
 *
 * @param text what was generated, without stop strings and end tokens
 * @param ids generated tokens, an end token that came last included
 * @param finishReason why it ended
 * @param logprobs one entry a token if they were asked for, else empty
 */
public record Completion(String text, int[] ids, FinishReason finishReason, List<TokenLogprob> logprobs) {
    public Completion {
        logprobs = List.copyOf(logprobs);
    }
}
