package dev.jemma.serve;

import dev.jemma.infer.Completion;
import dev.jemma.infer.FinishReason;
import dev.jemma.serve.protocol.Wire;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The frames of OpenAI's answers: what stands around the choices. */
final class Answers {
    private Answers() {}

    /** The head of an answer or of a piece of one. */
    static ObjectNode head(String id, String object, long created, String model) {
        ObjectNode node = Wire.object();
        node.put("id", id);
        node.put("object", object);
        node.put("created", created);
        node.put("model", model);
        return node;
    }

    /** Why an answer ended, as OpenAI says it. */
    static String finish(FinishReason reason) {
        return reason == FinishReason.STOP ? "stop" : "length";
    }

    /**
     * The counts of tokens.
     *
     * @param cached prompt tokens that were computed for an earlier request of the same caller
     */
    static void usage(ObjectNode answer, long prompt, long completion, long cached) {
        ObjectNode usage = answer.putObject("usage");
        usage.put("prompt_tokens", prompt);
        usage.put("completion_tokens", completion);
        usage.put("total_tokens", prompt + completion);
        usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
    }

    /** An answer's tokens whose text is part of it: all but an end token. */
    static int shown(Completion answer, java.util.Set<Integer> ends) {
        int n = answer.ids().length;
        return n > 0 && ends.contains(answer.ids()[n - 1]) ? n - 1 : n;
    }

    /** A list of objects. */
    static ObjectNode list(ArrayNode data) {
        ObjectNode node = Wire.object();
        node.put("object", "list");
        node.set("data", data);
        return node;
    }

    /** An id of an answer. */
    static String id(String prefix, String requestId) {
        return prefix + "-" + requestId.toLowerCase(Locale.ROOT);
    }
}
