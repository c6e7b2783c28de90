package dev.jemma.serve.protocol;

import dev.jemma.chat.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the messages of a conversation; every result of a function belongs to a call ahead of it, every call has one. */
final class ChatMessages {
    private static final int MAX_MESSAGES = 4096;
    private static final int MAX_PARTS = 1024;
    private static final int MAX_CALLS = 128;

    private final List<ChatMessage> messages = new ArrayList<>();
    private final Map<String, String> open =
            new LinkedHashMap<>(); // ids of calls without a result, and their functions
    private String path = "messages";

    private ChatMessages() {}

    static List<ChatMessage> read(Fields fields) {
        ChatMessages reader = new ChatMessages();
        for (JsonNode message : fields.array("messages", MAX_MESSAGES)) {
            reader.path = "messages[" + reader.messages.size() + "]";
            reader.messages.add(reader.message(Fields.object(message, reader.path)));
        }
        if (reader.messages.isEmpty()) {
            throw ApiException.invalid("messages", "'messages' must hold at least one message");
        }
        reader.path = "messages";
        reader.checkAnswered();
        if (reader.messages.getLast().role() == Role.MODEL) {
            throw ApiException.invalid("messages", "the last message is the assistant's: there is nothing to answer");
        }
        return List.copyOf(reader.messages);
    }

    private void checkAnswered() {
        if (!open.isEmpty()) {
            throw ApiException.invalid(path, "a call of the assistant has no message of role tool with its result");
        }
    }

    private ChatMessage message(Fields fields) {
        String role = fields.string("role").orElseThrow(() -> Fields.wrong(fields.path("role"), "a text"));
        fields.refuse("function_call", "use 'tool_calls'");
        fields.refuse("audio", "messages are text");
        fields.refuse("refusal", "say it in the content");
        fields.ignore("annotations");
        Role speaker = switch (role) {
            case "system", "developer" -> Role.SYSTEM;
            case "user" -> Role.USER;
            case "assistant" -> Role.MODEL;
            case "tool" -> Role.TOOL;
            case "function" ->
                throw ApiException.unsupported(fields.path("role"), "use messages of role tool instead of function");
            default -> throw Fields.wrong(fields.path("role"), "one of system, developer, user, assistant and tool");
        };
        String function = "";
        if (speaker == Role.TOOL) {
            function = answered(fields);
        } else {
            checkAnswered();
            fields.refuse("name", "the templates have no place for it; say it in the content");
        }
        List<ToolCall> calls = speaker == Role.MODEL ? calls(fields) : List.of();
        String content = content(fields, !calls.isEmpty());
        fields.end();
        return new ChatMessage(speaker, content, calls, function);
    }

    /** The function whose result a message is. */
    private String answered(Fields fields) {
        String where = fields.path("tool_call_id");
        String id = fields.string("tool_call_id").orElseThrow(() -> Fields.wrong(where, "the id of a call"));
        String function = open.remove(id);
        if (function == null) {
            throw ApiException.invalid(where, "no call of this id waits for a result");
        }
        if (fields.string("name").filter(name -> !name.equals(function)).isPresent()) {
            throw ApiException.invalid(fields.path("name"), "the call of this id is of another function");
        }
        return function;
    }

    private List<ToolCall> calls(Fields fields) {
        List<ToolCall> calls = new ArrayList<>();
        for (JsonNode entry : fields.array("tool_calls", MAX_CALLS)) {
            Fields call = Fields.object(entry, fields.path("tool_calls") + "[" + calls.size() + "]");
            call.ignore("index");
            if (!call.string("type").orElse("function").equals("function")) {
                throw ApiException.unsupported(call.path("type"), "calls are of type \"function\", nothing else");
            }
            String id = call.string("id").orElseThrow(() -> Fields.wrong(call.path("id"), "a text"));
            Fields function = call.object("function")
                    .orElseThrow(() -> Fields.wrong(call.path("function"), "an object with name and arguments"));
            String name = Tools.name(function);
            String text = function.string("arguments").orElse("{}");
            ObjectNode arguments = Wire.object(text)
                    .orElseThrow(() -> Fields.wrong(function.path("arguments"), "the text of a JSON object"));
            calls.add(new ToolCall(id, name, arguments));
            function.end();
            call.end();
            if (open.putIfAbsent(id, name) != null) {
                throw ApiException.invalid(call.path("id"), "two calls have this id");
            }
        }
        return calls;
    }

    private static String content(Fields fields, boolean mayBeAbsent) {
        String path = fields.path("content");
        Optional<JsonNode> found = fields.find("content");
        if (found.isEmpty() && mayBeAbsent) {
            return "";
        }
        JsonNode value = found.orElseThrow(() -> Fields.wrong(path, "a text"));
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
