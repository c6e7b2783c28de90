package dev.jemma.serve;

import dev.jemma.infer.GenerationDefaults;
import dev.jemma.infer.LanguageModel;
import dev.jemma.infer.SamplingOptions;
import dev.jemma.serve.protocol.Wire;
import tools.jackson.databind.node.ObjectNode;

/** An entry of {@code /v1/models}: OpenAI's fields, and in {@code jemma} what the model can do and does unasked. */
final class ModelFacts {
    private ModelFacts() {}

    static ObjectNode of(Models.Choice choice) {
        LanguageModel model = choice.model();
        ObjectNode entry = Wire.object();
        entry.put("id", choice.id()).put("object", "model").put("created", 0).put("owned_by", "jemma");
        boolean embeds = model.config().embedsText();
        GenerationDefaults defaults = model.defaults();
        ObjectNode facts = entry.putObject("jemma");
        facts.put("embeds", embeds);
        facts.put("chats", !embeds && model.chatTemplate().isPresent());
        facts.put("instruction_tuned", !embeds && defaults.instructionTuned());
        facts.put("context_length", model.engine().options().contextLength());
        if (!embeds) {
            SamplingOptions sampling = defaults.sampling();
            ObjectNode unasked = facts.putObject("defaults");
            unasked.put("temperature", decimal(sampling.temperature()));
            unasked.put("top_p", decimal(sampling.topP()));
            unasked.put("top_k", sampling.topK());
            unasked.put("max_tokens", defaults.maxTokens());
        }
        return entry;
    }

    /** 0.95f as 0.95, not as the double next to it. */
    private static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }
}
