package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.model.Adapter;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Builds a request from a model's defaults and what the caller wants otherwise. */
public final class RequestBuilder {
    private final int[] promptIds;
    private final int contextLength;
    private SamplingOptions sampling;
    private int maxTokens;
    private boolean maxTokensAsked;
    private Set<Integer> stopIds;
    private List<String> stopStrings = List.of();
    private int samples = 1;
    private OptionalInt logprobs = OptionalInt.empty();
    private Optional<Adapter> adapter = Optional.empty();
    private Optional<TokenConstraint> constraint = Optional.empty();

    RequestBuilder(int[] promptIds, GenerationDefaults defaults, int contextLength) {
        this.promptIds = promptIds;
        this.contextLength = contextLength;
        sampling = defaults.sampling();
        maxTokens = defaults.maxTokens();
        stopIds = defaults.stopIds();
    }

    /** Most tokens to generate; more than the context holds is an error when the request is submitted. */
    public RequestBuilder maxTokens(int most) {
        maxTokens = most;
        maxTokensAsked = true;
        return this;
    }

    /** How tokens are chosen, instead of the model's own way. */
    public RequestBuilder sampling(SamplingOptions options) {
        sampling = options;
        return this;
    }

    /** Divides the logits; 0 is greedy. */
    public RequestBuilder temperature(float value) {
        sampling = sampling.toBuilder().temperature(value).build();
        return this;
    }

    /** Seed of the random numbers: the same request with the same seed gives the same tokens. */
    public RequestBuilder seed(long value) {
        sampling = sampling.toBuilder().seed(value).build();
        return this;
    }

    /** Text that ends the answer. */
    public RequestBuilder stop(String... strings) {
        stopStrings = List.of(strings);
        return this;
    }

    /** Tokens that end the answer, instead of the model's own. */
    public RequestBuilder stopIds(Set<Integer> ids) {
        stopIds = ids;
        return this;
    }

    /** Goes on after end tokens. */
    public RequestBuilder ignoreEos() {
        return stopIds(Set.of());
    }

    /** Number of answers to the same prompt. */
    public RequestBuilder samples(int n) {
        samples = n;
        return this;
    }

    /** Log-probabilities of the tokens, and of so many alternatives each. */
    public RequestBuilder logprobs(int alternatives) {
        logprobs = OptionalInt.of(alternatives);
        return this;
    }

    /** The adapter that answers, instead of the model's own; requests with different ones share a batch. */
    public RequestBuilder adapter(Adapter value) {
        adapter = Optional.of(value);
        return this;
    }

    /** What the answer must look like ({@link LanguageModel#constraint}); it is cut short only where tokens run out. */
    public RequestBuilder constraint(TokenConstraint value) {
        constraint = Optional.of(value);
        return this;
    }

    /**
     * The request.
     *
     * @throws IllegalArgumentException if the prompt is empty or a number is out of its range
     */
    public GenerationRequest build() {
        int most = maxTokens;
        if (!maxTokensAsked) { // a default never makes a prompt too long
            most = Math.clamp((long) contextLength - promptIds.length, 1, maxTokens);
        }
        return new GenerationRequest(
                promptIds, most, sampling, stopStrings, stopIds, samples, logprobs, adapter, constraint);
    }
}
