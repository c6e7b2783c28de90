package dev.jemma.serve.protocol;

import dev.jemma.infer.EmbeddingPrompt;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A body of {@code /v1/embeddings}.
 *
 * @param model the name asked for, if any
 * @param inputs what to embed
 * @param base64 whether vectors are sent as base64 of little-endian float32
 * @param dimensions how many numbers of each vector to keep, scaled to unit length again
 * @param prompt what stands in front of each text
 */
public record EmbeddingRequest(
        Optional<String> model,
        List<PromptInput> inputs,
        boolean base64,
        OptionalInt dimensions,
        EmbeddingPrompt prompt) {
    private static final int MAX_INPUTS = 2048;

    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static EmbeddingRequest read(Fields fields) {
        Optional<String> model = fields.string("model");
        List<PromptInput> inputs = PromptInput.read(fields, "input", MAX_INPUTS);
        String format = fields.string("encoding_format").orElse("float");
        if (!format.equals("float") && !format.equals("base64")) {
            throw Fields.wrong("encoding_format", "\"float\" or \"base64\"");
        }
        OptionalInt dimensions = fields.integer("dimensions", 1, Integer.MAX_VALUE);
        String label = fields.string("prompt").orElse(EmbeddingPrompt.NONE.label());
        EmbeddingPrompt prompt = EmbeddingPrompt.ofLabel(label)
                .orElseThrow(
                        () -> Fields.wrong("prompt", "the name of one of the model's prompts, as query or document"));
        fields.ignore("user");
        fields.end();
        return new EmbeddingRequest(model, inputs, format.equals("base64"), dimensions, prompt);
    }
}
