package dev.jemma.serve.protocol;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A body of {@code /detokenize}.
 *
 * @param model the name asked for, if any
 * @param ids the tokens
 */
public record DetokenizeRequest(Optional<String> model, int[] ids) {
    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static DetokenizeRequest read(Fields fields) {
        Optional<String> model = fields.string("model");
        if (fields.find("tokens").isEmpty()) {
            throw Fields.wrong("tokens", "an array of token ids");
        }
        List<JsonNode> tokens = fields.array("tokens", PromptInput.MAX_IDS);
        int[] ids = new int[tokens.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) Fields.whole(tokens.get(i), "tokens[" + i + "]", 0, Integer.MAX_VALUE);
        }
        fields.end();
        return new DetokenizeRequest(model, ids);
    }
}
