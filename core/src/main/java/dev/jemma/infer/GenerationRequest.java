package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.model.Adapter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What to continue, and how.
 *
 * @param promptIds tokens to continue, {@code <bos>} included
 * @param maxTokens most tokens to generate, at least 1
 * @param sampling how tokens are chosen
 * @param stopStrings text that ends a continuation and is not part of it
 * @param stopIds tokens that end a continuation
 * @param samples number of continuations
 * @param logprobs how many alternatives' log-probabilities to return with each token; empty for none at all
 * @param adapter what serves it; empty for the engine's own, if it has one
 * @param constraint what the text must look like, in the tokens of this model; end tokens come only where the text is
 *     complete, and where nothing can follow it ends by itself. Log-probabilities stay those of the model
 */
public record GenerationRequest(
        int[] promptIds,
        int maxTokens,
        SamplingOptions sampling,
        List<String> stopStrings,
        Set<Integer> stopIds,
        int samples,
        OptionalInt logprobs,
        Optional<Adapter> adapter,
        Optional<TokenConstraint> constraint) {
    /** Without an adapter of its own, and any text will do. */
    public GenerationRequest(
            int[] promptIds,
            int maxTokens,
            SamplingOptions sampling,
            List<String> stopStrings,
            Set<Integer> stopIds,
            int samples,
            OptionalInt logprobs) {
        this(
                promptIds,
                maxTokens,
                sampling,
                stopStrings,
                stopIds,
                samples,
                logprobs,
                Optional.empty(),
                Optional.empty());
    }

    public GenerationRequest {
        stopStrings = List.copyOf(stopStrings);
        stopIds = Set.copyOf(stopIds);
        if (promptIds.length == 0) {
            throw new IllegalArgumentException("a prompt needs at least one token: begin it with <bos>");
        }
        if (maxTokens < 1 || samples < 1) {
            throw new IllegalArgumentException("max tokens and the number of samples must be at least 1");
        }
        if (stopStrings.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("a stop string must not be empty");
        }
    }

    /** Greedy, one continuation, no stop rule but these ids. */
    public static GenerationRequest greedy(int[] promptIds, int maxTokens, Set<Integer> stopIds) {
        return new GenerationRequest(
                promptIds, maxTokens, SamplingOptions.GREEDY, List.of(), stopIds, 1, OptionalInt.empty());
    }
}
