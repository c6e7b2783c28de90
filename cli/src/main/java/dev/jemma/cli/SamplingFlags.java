package dev.jemma.cli;

import dev.jemma.infer.GenerationDefaults;
import dev.jemma.infer.RequestBuilder;
import dev.jemma.infer.SamplingOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Option;

/** The flags that say how tokens are chosen and when an answer ends; a picocli mixin. */
public final class SamplingFlags {
    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "N",
            description = "Most tokens to generate (default: 512, or what the context leaves).")
    private Optional<Integer> maxTokens = Optional.empty();

    @Option(names = "--temperature", paramLabel = "T", description = "Divides the logits; 0 is greedy.")
    private Optional<Float> temperature = Optional.empty();

    @Option(names = "--top-k", paramLabel = "K", description = "Only the K most likely tokens; 0 for all.")
    private Optional<Integer> topK = Optional.empty();

    @Option(names = "--top-p", paramLabel = "P", description = "Only the most likely tokens that make up this mass.")
    private Optional<Float> topP = Optional.empty();

    @Option(names = "--min-p", paramLabel = "P", description = "Only tokens at least P times as likely as the best.")
    private Optional<Float> minP = Optional.empty();

    @Option(names = "--typical-p", paramLabel = "P", description = "Locally typical sampling with this mass.")
    private Optional<Float> typicalP = Optional.empty();

    @Option(names = "--repetition-penalty", paramLabel = "X", description = "Above 1: tokens seen become less likely.")
    private Optional<Float> repetitionPenalty = Optional.empty();

    @Option(names = "--frequency-penalty", paramLabel = "X", description = "Subtracted for each earlier occurrence.")
    private Optional<Float> frequencyPenalty = Optional.empty();

    @Option(names = "--presence-penalty", paramLabel = "X", description = "Subtracted if the token occurred.")
    private Optional<Float> presencePenalty = Optional.empty();

    @Option(names = "--no-repeat-ngram", paramLabel = "N", description = "No N tokens in a row occur twice.")
    private Optional<Integer> noRepeatNgram = Optional.empty();

    @Option(names = "--logit-bias", paramLabel = "ID=X", description = "Adds X to a token's logit; repeatable.")
    private Map<Integer, Float> logitBias = new LinkedHashMap<>();

    @Option(names = "--suppress", paramLabel = "ID", split = ",", description = "Ids that are never generated.")
    private List<Integer> suppress = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "N", description = "Seed of the random numbers (default: a new one).")
    private Optional<Long> seed = Optional.empty();

    @Option(names = "--stop", paramLabel = "TEXT", description = "Text that ends the answer; repeatable.")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--ignore-eos", description = "Go on after end tokens.")
    private boolean ignoreEos;

    /** Sampling values for a model: the flags over its defaults. */
    public SamplingOptions sampling(GenerationDefaults defaults) {
        SamplingOptions.Builder b = defaults.sampling().toBuilder();
        temperature.ifPresent(b::temperature);
        topK.ifPresent(b::topK);
        topP.ifPresent(b::topP);
        minP.ifPresent(b::minP);
        typicalP.ifPresent(b::typicalP);
        repetitionPenalty.ifPresent(b::repetitionPenalty);
        frequencyPenalty.ifPresent(b::frequencyPenalty);
        presencePenalty.ifPresent(b::presencePenalty);
        noRepeatNgram.ifPresent(b::noRepeatNgram);
        if (!logitBias.isEmpty()) {
            b.logitBias(logitBias);
        }
        if (!suppress.isEmpty()) {
            b.suppressed(suppress);
        }
        boolean narrows = topK.isPresent() || topP.isPresent() || minP.isPresent() || typicalP.isPresent();
        if (temperature.isEmpty() && narrows && defaults.sampling().greedy()) {
            b.temperature(1); // asking for a way to sample means to sample
        }
        b.seed(seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 32)));
        try {
            return b.build();
        } catch (IllegalArgumentException e) {
            throw new MisuseException(e.getMessage() == null ? "impossible sampling values" : e.getMessage());
        }
    }

    /** Applies everything to a request. */
    public RequestBuilder apply(RequestBuilder request, SamplingOptions sampling) {
        request.sampling(sampling);
        maxTokens.ifPresent(n -> {
            if (n < 1) {
                throw new MisuseException("--max-tokens must be at least 1, not " + n);
            }
            request.maxTokens(n);
        });
        if (stop.stream().anyMatch(String::isEmpty)) {
            throw new MisuseException("--stop must not be empty");
        }
        request.stop(stop.toArray(String[]::new));
        if (ignoreEos) {
            request.ignoreEos();
        }
        return request;
    }

    /** The values in force, in one line, with their origin. */
    public String describe(GenerationDefaults defaults, SamplingOptions s) {
        StringBuilder text = new StringBuilder();
        if (s.greedy()) {
            text.append("greedy");
        } else {
            text.append(String.format(Locale.ROOT, "temperature %s", number(s.temperature())));
            text.append(s.topK() > 0 ? ", top-k " + s.topK() : "");
            text.append(s.topP() < 1 ? ", top-p " + number(s.topP()) : "");
            text.append(s.minP() > 0 ? ", min-p " + number(s.minP()) : "");
            text.append(s.typicalP() < 1 ? ", typical-p " + number(s.typicalP()) : "");
            text.append(", seed ").append(s.seed());
        }
        text.append(s.repetitionPenalty() != 1 ? ", repetition penalty " + number(s.repetitionPenalty()) : "");
        text.append(s.frequencyPenalty() != 0 ? ", frequency penalty " + number(s.frequencyPenalty()) : "");
        text.append(s.presencePenalty() != 0 ? ", presence penalty " + number(s.presencePenalty()) : "");
        text.append(s.noRepeatNgram() > 0 ? ", no " + s.noRepeatNgram() + "-gram twice" : "");
        text.append(
                s.logitBias().isEmpty()
                        ? ""
                        : ", logit bias on " + s.logitBias().size() + " tokens");
        text.append(s.suppressed().isEmpty() ? "" : ", " + s.suppressed().size() + " tokens suppressed");
        SamplingOptions unseeded =
                s.toBuilder().seed(defaults.sampling().seed()).build();
        text.append(unseeded.equals(defaults.sampling()) ? " (" + defaults.origin() + ")" : " (as asked)");
        return text.toString();
    }

    private static String number(float value) {
        return value == Math.rint(value) ? Integer.toString((int) value) : Float.toString(value);
    }
}
