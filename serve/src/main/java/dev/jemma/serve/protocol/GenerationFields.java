package dev.jemma.serve.protocol;

import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * What chat and completion requests have in common: how tokens are chosen, when an answer ends, and how it is sent.
 *
 * @param sampling what the request changes of the model's own way
 * @param maxTokens most tokens of an answer, if it was said
 * @param stop texts that end an answer
 * @param stopIds further tokens that end an answer
 * @param ignoreEos whether the model's end tokens do not end an answer
 * @param n answers to each prompt
 * @param seed of the random numbers; another one for each request if it was not said
 * @param stream whether pieces are sent as they come
 * @param includeUsage whether a stream ends with the counts of tokens
 */
public record GenerationFields(
        List<Consumer<SamplingOptions.Builder>> sampling,
        OptionalInt maxTokens,
        List<String> stop,
        Set<Integer> stopIds,
        boolean ignoreEos,
        int n,
        OptionalLong seed,
        boolean stream,
        boolean includeUsage) {
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_LENGTH = 256;
    private static final int MAX_BIASES = 1024;
    private static final int MAX_N = 128;

    /** Fields of OpenAI's clients that say nothing about the answer. */
    private static final String[] HARMLESS = {
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"
    };

    static GenerationFields read(Fields fields, boolean emptyAnswers) {
        List<Consumer<SamplingOptions.Builder>> sampling = new ArrayList<>();
        fields.number("temperature", 0, 2).ifPresent(x -> sampling.add(b -> b.temperature((float) x)));
        fields.number("top_p", 0, 1).ifPresent(x -> {
            if ((float) x == 0) {
                throw ApiException.invalid(fields.path("top_p"), "'top_p' must be above 0: for one token use top_k 1");
            }
            sampling.add(b -> b.topP((float) x));
        });
        fields.integer("top_k", -1, Integer.MAX_VALUE).ifPresent(x -> sampling.add(b -> b.topK(Math.max(0, x))));
        fields.number("min_p", 0, 1).ifPresent(x -> sampling.add(b -> b.minP((float) x)));
        fields.number("typical_p", 0.001, 1).ifPresent(x -> sampling.add(b -> b.typicalP((float) x)));
        fields.number("frequency_penalty", -2, 2).ifPresent(x -> sampling.add(b -> b.frequencyPenalty((float) x)));
        fields.number("presence_penalty", -2, 2).ifPresent(x -> sampling.add(b -> b.presencePenalty((float) x)));
        fields.number("repetition_penalty", 0.01, 100)
                .ifPresent(x -> sampling.add(b -> b.repetitionPenalty((float) x)));
        fields.integer("no_repeat_ngram_size", 0, 1024).ifPresent(x -> sampling.add(b -> b.noRepeatNgram(x)));
        Map<Integer, Float> bias = bias(fields);
        if (!bias.isEmpty()) {
            sampling.add(b -> b.logitBias(bias));
        }
        OptionalInt longer = fields.integer("max_completion_tokens", 1, Integer.MAX_VALUE);
        OptionalInt most = fields.integer("max_tokens", emptyAnswers ? 0 : 1, Integer.MAX_VALUE);
        if (longer.isPresent() && most.isPresent() && longer.getAsInt() != most.getAsInt()) {
            throw ApiException.invalid(
                    "max_completion_tokens", "'max_tokens' and 'max_completion_tokens' differ: give one of them");
        }
        boolean stream = fields.bool("stream", false);
        boolean usage = fields.object("stream_options")
                .map(options -> {
                    if (!stream) {
                        throw ApiException.invalid("stream_options", "'stream_options' goes with 'stream': true only");
                    }
                    boolean include = options.bool("include_usage", false);
                    options.refuse("include_obfuscation", "pieces are sent as they are");
                    options.end();
                    return include;
                })
                .orElse(false);
        fields.ignore(HARMLESS);
        return new GenerationFields(
                List.copyOf(sampling),
                longer.isPresent() ? longer : most,
                stops(fields),
                stopIds(fields),
                fields.bool("ignore_eos", false),
                fields.integer("n", 1, MAX_N).orElse(1),
                fields.integer64("seed"),
                stream,
                usage);
    }

    private static List<String> stops(Fields fields) {
        List<String> stops = fields.strings("stop", MAX_STOPS);
        for (String stop : stops) {
            if (stop.isEmpty() || stop.length() > MAX_STOP_LENGTH) {
                throw ApiException.invalid("stop", "a stop text has 1 to " + MAX_STOP_LENGTH + " characters");
            }
        }
        return stops;
    }

    private static Set<Integer> stopIds(Fields fields) {
        Set<Integer> ids = new HashSet<>();
        for (JsonNode id : fields.array("stop_token_ids", MAX_BIASES)) {
            ids.add((int) Fields.whole(id, "stop_token_ids", 0, Integer.MAX_VALUE));
        }
        return Set.copyOf(ids);
    }

    private static Map<Integer, Float> bias(Fields fields) {
        Map<Integer, Float> bias = new HashMap<>();
        Map<String, JsonNode> entries = fields.map("logit_bias");
        if (entries.size() > MAX_BIASES) {
            throw ApiException.invalid("logit_bias", "'logit_bias' has more than " + MAX_BIASES + " entries");
        }
        entries.forEach((name, value) -> {
            if (!name.matches("[0-9]{1,9}")) {
                throw ApiException.invalid("logit_bias", "the names in 'logit_bias' must be token ids");
            }
            bias.put(Integer.parseInt(name), (float) Fields.real(value, "logit_bias", -100, 100));
        });
        return Map.copyOf(bias);
    }

    /**
     * Makes a request of the model's defaults and these fields.
     *
     * @param vocabularySize what ids of tokens must lie below
     */
    public void apply(RequestBuilder builder, SamplingOptions defaults, Set<Integer> modelStops, int vocabularySize) {
        SamplingOptions.Builder options = defaults.toBuilder();
        sampling.forEach(change -> change.accept(options));
        options.seed(seed.orElseGet(() -> ThreadLocalRandom.current().nextLong()));
        SamplingOptions chosen = options.build();
        for (int id : chosen.logitBias().keySet()) {
            if (id >= vocabularySize) {
                throw ApiException.invalid("logit_bias", "token " + id + " is outside the vocabulary");
            }
        }
        Set<Integer> stops = new HashSet<>(stopIds);
        if (!ignoreEos) {
            stops.addAll(modelStops);
        }
        builder.sampling(chosen)
                .stop(stop.toArray(String[]::new))
                .stopIds(stops)
                .samples(n);
        maxTokens.ifPresent(most -> builder.maxTokens(Math.max(1, most)));
    }
}
