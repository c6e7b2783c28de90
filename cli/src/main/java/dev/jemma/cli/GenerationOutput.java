package dev.jemma.cli;

import dev.jemma.infer.Completion;
import dev.jemma.infer.TokenLogprob;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A continuation as JSON shows it.
 *
 * @param text without stop strings and end tokens
 * @param ids generated tokens, a last end token included
 * @param finishReason stop, length or cancelled
 * @param logprobs one entry a token, if they were asked for
 */
record GenerationOutput(String text, int[] ids, String finishReason, Optional<List<TokenLogprob>> logprobs) {
    static GenerationOutput of(Completion c) {
        return new GenerationOutput(
                c.text(),
                c.ids(),
                c.finishReason().name().toLowerCase(Locale.ROOT),
                c.logprobs().isEmpty() ? Optional.empty() : Optional.of(c.logprobs()));
    }
}
