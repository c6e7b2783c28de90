package dev.jemma.springai;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptions;
import org.springframework.ai.model.tool.DefaultStructuredOutputChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;

/**
 * Spring AI's options of a request, and those that Jemma has beside them; what is null comes from the model's own
 * defaults. An output schema is followed to the letter. They can bear tools, so that a model can refuse them by name
 * instead of never hearing of them. Options of another provider are refused.
 */
public final class JemmaChatOptions extends DefaultToolCallingChatOptions implements StructuredOutputChatOptions {
    /** Classes that say nothing which this one does not know. */
    private static final Set<Class<?>> KNOWN = Set.of(
            JemmaChatOptions.class,
            DefaultChatOptions.class,
            DefaultToolCallingChatOptions.class,
            DefaultStructuredOutputChatOptions.class);

    private final @Nullable Long seed;
    private final @Nullable Double minP;
    private final @Nullable Double repetitionPenalty;
    private final @Nullable String outputSchema;

    private JemmaChatOptions(Builder builder) {
        super(
                builder.tools(),
                builder.context(),
                builder.common().getModel(),
                builder.common().getFrequencyPenalty(),
                builder.common().getMaxTokens(),
                builder.common().getPresencePenalty(),
                builder.common().getStopSequences(),
                builder.common().getTemperature(),
                builder.common().getTopK(),
                builder.common().getTopP());
        seed = builder.seed;
        minP = builder.minP;
        repetitionPenalty = builder.repetitionPenalty;
        outputSchema = builder.outputSchema;
    }

    /** Seed of the random numbers; null for another one each time. */
    public @Nullable Long getSeed() {
        return seed;
    }

    /** Drops tokens less likely than this share of the likeliest one; null for the model's default. */
    public @Nullable Double getMinP() {
        return minP;
    }

    /** Divides the logits of tokens that were there already; null for the model's default. */
    public @Nullable Double getRepetitionPenalty() {
        return repetitionPenalty;
    }

    /** The JSON Schema that an answer follows; null for any text. */
    @Override
    public @Nullable String getOutputSchema() {
        return outputSchema;
    }

    /** These options, changed by what others say. */
    JemmaChatOptions with(@Nullable ChatOptions others) {
        return others == null ? this : mutate().combineWith(others.mutate()).build();
    }

    @Override
    public Builder mutate() {
        Builder builder = new Builder()
                .model(getModel())
                .frequencyPenalty(getFrequencyPenalty())
                .maxTokens(getMaxTokens())
                .presencePenalty(getPresencePenalty())
                .stopSequences(getStopSequences())
                .temperature(getTemperature())
                .topK(getTopK())
                .topP(getTopP())
                .toolCallbacks(getToolCallbacks())
                .toolContext(getToolContext());
        return builder.seed(seed)
                .minP(minP)
                .repetitionPenalty(repetitionPenalty)
                .outputSchema(outputSchema);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JemmaChatOptions that
                && super.equals(that)
                && Objects.equals(seed, that.seed)
                && Objects.equals(minP, that.minP)
                && Objects.equals(repetitionPenalty, that.repetitionPenalty)
                && Objects.equals(outputSchema, that.outputSchema);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), seed, minP, repetitionPenalty, outputSchema);
    }

    /** A builder with nothing set. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options. */
    public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
            implements StructuredOutputChatOptions.Builder<Builder> {
        private @Nullable Long seed;
        private @Nullable Double minP;
        private @Nullable Double repetitionPenalty;
        private @Nullable String outputSchema;

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

        @Override
        public Builder outputSchema(@Nullable String schema) {
            outputSchema = schema;
            return this;
        }

        private @Nullable List<org.springframework.ai.tool.ToolCallback> tools() {
            return toolCallbacks;
        }

        private java.util.@Nullable Map<String, Object> context() {
            return toolContext;
        }

        private ChatOptions common() {
            return super.build();
        }

        /**
         * Takes over what another builder sets; stop sequences add up.
         *
         * @throws IllegalArgumentException if it builds another provider's options
         */
        @Override
        public Builder combineWith(ChatOptions.Builder<?> other) {
            ChatOptions others = other.build();
            if (!KNOWN.contains(others.getClass())) {
                throw new IllegalArgumentException("options of "
                        + others.getClass().getName() + " are another provider's; use ChatOptions or JemmaChatOptions");
            }
            super.combineWith(other);
            if (stopSequences != null) {
                stopSequences = stopSequences.stream().distinct().toList();
            }
            if (others instanceof StructuredOutputChatOptions structured && structured.getOutputSchema() != null) {
                outputSchema = structured.getOutputSchema();
            }
            if (others instanceof JemmaChatOptions own) {
                seed = own.seed == null ? seed : own.seed;
                minP = own.minP == null ? minP : own.minP;
                repetitionPenalty = own.repetitionPenalty == null ? repetitionPenalty : own.repetitionPenalty;
            }
            return this;
        }

        /** The options. */
        @Override
        public JemmaChatOptions build() {
            return new JemmaChatOptions(this);
        }
    }
}
