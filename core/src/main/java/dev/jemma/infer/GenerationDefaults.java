package dev.jemma.infer;

import dev.jemma.format.GgufFile;
import dev.jemma.format.Json;
import dev.jemma.model.ModelFiles;
import dev.jemma.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What generation does when a request does not say: the model's own {@code generation_config.json} first, then what is
 * built in. A base model is greedy; an instruction-tuned one samples with temperature 1, top-k 64, top-p 0.95, as Gemma's
 * authors recommend.
 *
 * @param instructionTuned whether the model brings a chat template
 * @param sampling values in force
 * @param maxTokens most tokens of an answer (a shorter rest of the context limits it too)
 * @param stopIds tokens that end an answer
 * @param origin where the sampling values come from, for people
 */
public record GenerationDefaults(
        boolean instructionTuned, SamplingOptions sampling, int maxTokens, Set<Integer> stopIds, String origin) {
    /** Built-in limit of an answer's length. */
    public static final int MAX_TOKENS = 512;

    public GenerationDefaults {
        stopIds = Set.copyOf(stopIds);
    }

    /** The defaults that a model's files give. */
    public static GenerationDefaults of(ModelFiles files, SpecialTokens special) {
        boolean tuned = files.chatTemplate().isPresent();
        Set<Integer> stops = new LinkedHashSet<>();
        addIfPresent(stops, special.eos());
        if (tuned) {
            addIfPresent(stops, special.endOfTurn());
        }
        SamplingOptions.Builder sampling = SamplingOptions.builder();
        if (tuned) {
            sampling.temperature(1).topK(64).topP(0.95f);
        }
        String builtIn = "built in for " + (tuned ? "an instruction-tuned" : "a base") + " model";
        if (files.source() instanceof ModelFiles.Source.Gguf(GgufFile file)) {
            for (String key : List.of("tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id")) {
                file.metadata().integer(key).ifPresent(id -> addIfPresent(stops, (int) id));
            }
        }
        return fromConfig(files.generationConfig(), tuned, sampling, stops, builtIn);
    }

    private static GenerationDefaults fromConfig(
            Optional<Json> config,
            boolean tuned,
            SamplingOptions.Builder sampling,
            Set<Integer> stops,
            String builtIn) {
        if (config.isEmpty()) {
            return new GenerationDefaults(tuned, sampling.build(), MAX_TOKENS, stops, builtIn);
        }
        Json json = config.get();
        json.find("eos_token_id").ifPresent(ids -> ints(ids).forEach(id -> addIfPresent(stops, id)));
        json.find("suppress_tokens").ifPresent(ids -> sampling.suppressed(ints(ids)));
        json.real("repetition_penalty").ifPresent(p -> sampling.repetitionPenalty((float) p));
        boolean samples = json.bool("do_sample").orElse(tuned);
        sampling.temperature(samples ? (float) json.real("temperature").orElse(1) : 0);
        if (samples) {
            json.integer("top_k").ifPresent(k -> sampling.topK((int) k));
            json.real("top_p").ifPresent(p -> sampling.topP((float) p));
            json.real("min_p").ifPresent(p -> sampling.minP((float) p));
        }
        int max = Math.clamp(json.integer("max_new_tokens").orElse(MAX_TOKENS), 1, Integer.MAX_VALUE);
        try {
            return new GenerationDefaults(tuned, sampling.build(), max, stops, "the model's generation_config.json");
        } catch (IllegalArgumentException e) {
            throw json.error("holds an impossible value: " + e.getMessage());
        }
    }

    private static List<Integer> ints(Json value) {
        if (!value.isArray()) {
            return List.of(value.asInt());
        }
        List<Integer> ids = new ArrayList<>();
        value.items().forEach(item -> ids.add(item.asInt()));
        return ids;
    }

    private static void addIfPresent(Set<Integer> ids, int id) {
        if (id >= 0) {
            ids.add(id);
        }
    }
}
