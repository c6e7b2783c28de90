package dev.jemma.cli;

import dev.jemma.infer.SamplingOptions;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * The values of a chat that {@code /params} changes.
 *
 * @param sampling how tokens are chosen
 * @param maxTokens most tokens of an answer; empty for what the flags and the model say
 */
record ChatParams(SamplingOptions sampling, OptionalInt maxTokens) {
    /** What can be changed. */
    static final List<String> NAMES = List.of(
            "temperature",
            "top-k",
            "top-p",
            "min-p",
            "typical-p",
            "repetition-penalty",
            "frequency-penalty",
            "presence-penalty",
            "no-repeat-ngram",
            "seed",
            "max-tokens");

    /**
     * These values but for one.
     *
     * @throws MisuseException if there is no such value, or it cannot be that
     */
    ChatParams with(String name, String value) {
        SamplingOptions.Builder b = sampling.toBuilder();
        try {
            switch (name.toLowerCase(Locale.ROOT).replace('_', '-')) {
                case "temperature" -> b.temperature(Float.parseFloat(value));
                case "top-k" -> b.topK(Integer.parseInt(value));
                case "top-p" -> b.topP(Float.parseFloat(value));
                case "min-p" -> b.minP(Float.parseFloat(value));
                case "typical-p" -> b.typicalP(Float.parseFloat(value));
                case "repetition-penalty" -> b.repetitionPenalty(Float.parseFloat(value));
                case "frequency-penalty" -> b.frequencyPenalty(Float.parseFloat(value));
                case "presence-penalty" -> b.presencePenalty(Float.parseFloat(value));
                case "no-repeat-ngram" -> b.noRepeatNgram(Integer.parseInt(value));
                case "seed" -> b.seed(Long.parseLong(value));
                case "max-tokens" -> {
                    int most = Integer.parseInt(value);
                    if (most < 1) {
                        throw new MisuseException("max-tokens must be at least 1");
                    }
                    return new ChatParams(sampling, OptionalInt.of(most));
                }
                default ->
                    throw new MisuseException(
                            "there is no value '" + name + "'; there are " + String.join(", ", NAMES));
            }
            return new ChatParams(b.build(), maxTokens);
        } catch (NumberFormatException e) {
            throw new MisuseException("'" + value + "' is not a number that " + name + " can be");
        } catch (IllegalArgumentException e) {
            throw new MisuseException(e.getMessage() == null ? name + " cannot be " + value : e.getMessage());
        }
    }
}
