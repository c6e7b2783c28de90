package dev.jemma.serve.protocol;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A body of {@code /v1/chat/completions}.
 *
 * @param model the name asked for, if any
 * @param messages the conversation; its contents are plain text, whatever they look like
 * @param tools functions that the answer may call
 * @param form what the answer must look like where it does not call functions, if any text will not do
 * @param logprobs how many alternatives to give with each token, if log-probabilities were asked for
 * @param generation how to answer
 */
public record ChatRequest(
        Optional<String> model,
        List<ChatMessage> messages,
        Tools tools,
        Optional<AnswerForm> form,
        OptionalInt logprobs,
        GenerationFields generation) {
    private static final int MAX_TOP = 20;

    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static ChatRequest read(Fields fields) {
        NotYet.refuse(fields);
        Optional<String> model = fields.string("model");
        List<ChatMessage> messages = ChatMessages.read(fields);
        Tools tools = Tools.read(fields);
        Optional<AnswerForm> form = AnswerForm.read(fields);
        boolean logprobs = fields.bool("logprobs", false);
        OptionalInt top = fields.integer("top_logprobs", 0, MAX_TOP);
        if (top.isPresent() && !logprobs) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' goes with 'logprobs': true only");
        }
        GenerationFields generation = GenerationFields.read(fields, false);
        fields.end();
        return new ChatRequest(
                model,
                messages,
                tools,
                form,
                logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty(),
                generation);
    }
}
