package dev.jemma.serve.protocol;

import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * A body of {@code /v1/chat/completions}.
 *
 * @param model the name asked for, if any
 * @param messages the conversation; its contents are plain text, whatever they look like
 * @param logprobs how many alternatives to give with each token, if log-probabilities were asked for
 * @param generation how to answer
 */
public record ChatRequest(
        Optional<String> model, List<Message> messages, OptionalInt logprobs, GenerationFields generation) {
    private static final int MAX_MESSAGES = 4096;
    private static final int MAX_PARTS = 1024;
    private static final int MAX_TOP = 20;

    /**
     * Reads and checks a body.
     *
     * @throws ApiException that names the field that is wrong
     */
    public static ChatRequest read(Fields fields) {
        NotYet.refuse(fields);
        Optional<String> model = fields.string("model");
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : fields.array("messages", MAX_MESSAGES)) {
            messages.add(message(message, "messages[" + messages.size() + "]"));
        }
        if (messages.isEmpty()) {
            throw ApiException.invalid("messages", "'messages' must hold at least one message");
        }
        if (messages.getLast().role() == Role.MODEL) {
            throw ApiException.invalid("messages", "the last message is the assistant's: there is nothing to answer");
        }
        boolean logprobs = fields.bool("logprobs", false);
        OptionalInt top = fields.integer("top_logprobs", 0, MAX_TOP);
        if (top.isPresent() && !logprobs) {
            throw ApiException.invalid("top_logprobs", "'top_logprobs' goes with 'logprobs': true only");
        }
        GenerationFields generation = GenerationFields.read(fields, false);
        fields.end();
        return new ChatRequest(
                model,
                List.copyOf(messages),
                logprobs ? OptionalInt.of(top.orElse(0)) : OptionalInt.empty(),
                generation);
    }

    private static Message message(JsonNode node, String path) {
        Fields fields = Fields.object(node, path);
        String role = fields.string("role").orElseThrow(() -> Fields.wrong(fields.path("role"), "a text"));
        fields.refuse("tool_calls", "answers are text");
        fields.refuse("function_call", "answers are text");
        fields.refuse("audio", "messages are text");
        fields.refuse("name", "the templates have no place for it; say it in the content");
        fields.refuse("refusal", "say it in the content");
        fields.ignore("annotations");
        Role speaker = switch (role) {
            case "system", "developer" -> Role.SYSTEM;
            case "user" -> Role.USER;
            case "assistant" -> Role.MODEL;
            case "tool", "function" ->
                throw ApiException.unsupported(
                        fields.path("role"), "messages of functions are not supported: answers are text");
            default -> throw Fields.wrong(fields.path("role"), "one of system, developer, user and assistant");
        };
        String content = content(fields);
        fields.end();
        return new Message(speaker, content);
    }

    private static String content(Fields fields) {
        String path = fields.path("content");
        JsonNode value = fields.find("content").orElseThrow(() -> Fields.wrong(path, "a text"));
        if (!value.isArray()) {
            return Fields.text(value, path);
        }
        StringBuilder text = new StringBuilder();
        int i = 0;
        for (JsonNode entry : Fields.entries(value, path, MAX_PARTS)) {
            Fields part = Fields.object(entry, path + "[" + i++ + "]");
            String type = part.string("type").orElse("");
            if (!type.equals("text")) {
                throw ApiException.unsupported(part.path("type"), "only parts of type \"text\" are supported");
            }
            text.append(part.string("text").orElseThrow(() -> Fields.wrong(part.path("text"), "a text")));
            part.end();
        }
        return text.toString();
    }
}
