package dev.jemma.infer;

import java.util.List;
import java.util.Map;

/**
 * How the next token is chosen from logits. Applied in the order of the components, as transformers does: penalties and
 * bias on the logits, then temperature, top-k, top-p, min-p and typical-p on what is left. Temperature 0 is greedy.
 *
 * @param repetitionPenalty each token seen in prompt or output: score &lt; 0 times this, else divided by it; 1 for none
 * @param frequencyPenalty subtracted from a token's logit for each time it was generated
 * @param presencePenalty subtracted once from each generated token's logit
 * @param noRepeatNgram no n-gram of this size occurs twice; 0 for no rule
 * @param logitBias added to the logits of these ids
 * @param suppressed ids that are never generated
 * @param temperature divides the logits; 0 takes the largest, the first on ties
 * @param topK keeps the k largest and all tied with the k-th; 0 for all
 * @param topP keeps the smallest set of most probable tokens that reaches this mass; 1 for all
 * @param minP keeps tokens at least this likely relative to the most likely one; 0 for all
 * @param typicalP keeps the tokens closest to the expected information until this mass is reached; 1 for all
 * @param seed with (sample, position) the key of every random number, so that results do not depend on the batch
 */
public record SamplingOptions(
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        int noRepeatNgram,
        Map<Integer, Float> logitBias,
        List<Integer> suppressed,
        float temperature,
        int topK,
        float topP,
        float minP,
        float typicalP,
        long seed) {
    /** Always the most likely token. */
    public static final SamplingOptions GREEDY = builder().build();

    public SamplingOptions {
        check("repetition penalty", repetitionPenalty > 0 && Float.isFinite(repetitionPenalty), "above 0");
        check("frequency penalty", Float.isFinite(frequencyPenalty), "a number");
        check("presence penalty", Float.isFinite(presencePenalty), "a number");
        check("no-repeat n-gram size", noRepeatNgram >= 0, "0 or more");
        check("temperature", temperature >= 0 && Float.isFinite(temperature), "0 or more");
        check("top-k", topK >= 0, "0 or more");
        check("top-p", topP > 0 && topP <= 1, "above 0 and at most 1");
        check("min-p", minP >= 0 && minP <= 1, "from 0 to 1");
        check("typical-p", typicalP > 0 && typicalP <= 1, "above 0 and at most 1");
        logitBias = Map.copyOf(logitBias);
        suppressed = List.copyOf(suppressed);
    }

    private static void check(String name, boolean ok, String range) {
        if (!ok) {
            throw new IllegalArgumentException(name + " must be " + range);
        }
    }

    /** Whether nothing is left to chance. */
    public boolean greedy() {
        return temperature == 0;
    }

    /** Whether logits are used as they are up to the choice itself. */
    boolean plainLogits() {
        return repetitionPenalty == 1
                && frequencyPenalty == 0
                && presencePenalty == 0
                && noRepeatNgram == 0
                && logitBias.isEmpty()
                && suppressed.isEmpty();
    }

    /** A builder that starts from {@link #GREEDY}. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these values. */
    public Builder toBuilder() {
        return new Builder()
                .repetitionPenalty(repetitionPenalty)
                .frequencyPenalty(frequencyPenalty)
                .presencePenalty(presencePenalty)
                .noRepeatNgram(noRepeatNgram)
                .logitBias(logitBias)
                .suppressed(suppressed)
                .temperature(temperature)
                .topK(topK)
                .topP(topP)
                .minP(minP)
                .typicalP(typicalP)
                .seed(seed);
    }

    /** Greedy until told otherwise. */
    public static final class Builder {
        private float repetitionPenalty = 1;
        private float frequencyPenalty;
        private float presencePenalty;
        private int noRepeatNgram;
        private Map<Integer, Float> logitBias = Map.of();
        private List<Integer> suppressed = List.of();
        private float temperature;
        private int topK;
        private float topP = 1;
        private float minP;
        private float typicalP = 1;
        private long seed;

        private Builder() {}

        public Builder repetitionPenalty(float value) {
            repetitionPenalty = value;
            return this;
        }

        public Builder frequencyPenalty(float value) {
            frequencyPenalty = value;
            return this;
        }

        public Builder presencePenalty(float value) {
            presencePenalty = value;
            return this;
        }

        public Builder noRepeatNgram(int size) {
            noRepeatNgram = size;
            return this;
        }

        public Builder logitBias(Map<Integer, Float> byId) {
            logitBias = byId;
            return this;
        }

        public Builder suppressed(List<Integer> ids) {
            suppressed = ids;
            return this;
        }

        public Builder temperature(float value) {
            temperature = value;
            return this;
        }

        public Builder topK(int k) {
            topK = k;
            return this;
        }

        public Builder topP(float mass) {
            topP = mass;
            return this;
        }

        public Builder minP(float share) {
            minP = share;
            return this;
        }

        public Builder typicalP(float mass) {
            typicalP = mass;
            return this;
        }

        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException if a value is out of its range
         */
        public SamplingOptions build() {
            return new SamplingOptions(
                    repetitionPenalty,
                    frequencyPenalty,
                    presencePenalty,
                    noRepeatNgram,
                    logitBias,
                    suppressed,
                    temperature,
                    topK,
                    topP,
                    minP,
                    typicalP,
                    seed);
        }
    }
}
