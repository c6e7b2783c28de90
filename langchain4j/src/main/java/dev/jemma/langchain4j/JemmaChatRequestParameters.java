package dev.jemma.langchain4j;

import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * LangChain4j's parameters of a request, and those that Jemma has beside them. What is not set comes from the model's
 * own defaults. Parameters of another provider are refused, since what only they know could not be honoured.
 */
public final class JemmaChatRequestParameters extends DefaultChatRequestParameters {
    private final @Nullable Long seed;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;

    private JemmaChatRequestParameters(Builder builder) {
        super(builder);
        seed = builder.seed;
        minP = builder.minP;
        repetitionPenalty = builder.repetitionPenalty;
    }

    /** Seed of the random numbers; null for another one each time. */
    public @Nullable Long seed() {
        return seed;
    }

    /** Drops tokens less likely than this share of the likeliest one; null for the model's default. */
    public @Nullable Double minP() {
        return minP;
    }

    /** Divides the logits of tokens that were there already; null for the model's default. */
    public @Nullable Double repetitionPenalty() {
        return repetitionPenalty;
    }

    /** These parameters if they are of this class, else the same values in one. */
    static JemmaChatRequestParameters of(ChatRequestParameters parameters) {
        return parameters instanceof JemmaChatRequestParameters own
                ? own
                : builder().overrideWith(parameters).build();
    }

    @Override
    public ChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public ChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JemmaChatRequestParameters that
                && super.equals(that)
                && Objects.equals(seed, that.seed)
                && Objects.equals(minP, that.minP)
                && Objects.equals(repetitionPenalty, that.repetitionPenalty);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), seed, minP, repetitionPenalty);
    }

    @Override
    public String toString() {
        return "JemmaChatRequestParameters{" + super.toString() + ", seed=" + seed + ", minP=" + minP
                + ", repetitionPenalty=" + repetitionPenalty + "}";
    }

    /** A builder with nothing set. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects parameters. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
        private @Nullable Long seed;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;

        private Builder() {}

        public Builder seed(@Nullable Long value) {
            seed = value;
            return this;
        }

        public Builder minP(@Nullable Double share) {
            minP = share;
            return this;
        }

        public Builder repetitionPenalty(@Nullable Double value) {
            repetitionPenalty = value;
            return this;
        }

        /**
         * Takes over what the other parameters set.
         *
         * @throws UnsupportedFeatureException if they are another provider's
         */
        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            if (parameters instanceof JemmaChatRequestParameters own) {
                seed = own.seed == null ? seed : own.seed;
                minP = own.minP == null ? minP : own.minP;
                repetitionPenalty = own.repetitionPenalty == null ? repetitionPenalty : own.repetitionPenalty;
            } else if (!parameters.getClass().equals(DefaultChatRequestParameters.class)) {
                throw new UnsupportedFeatureException("parameters of class "
                        + parameters.getClass().getName()
                        + " are another provider's; use ChatRequestParameters or JemmaChatRequestParameters");
            }
            return super.overrideWith(parameters);
        }

        /** The parameters. */
        @Override
        public JemmaChatRequestParameters build() {
            return new JemmaChatRequestParameters(this);
        }
    }
}
