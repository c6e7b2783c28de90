package dev.jemma.serve.tools;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.FunctionBlock;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.infer.constraint.CallForm;
import dev.jemma.serve.protocol.ChatMessage;
import dev.jemma.serve.protocol.Tool;
import dev.jemma.serve.protocol.ToolCall;
import dev.jemma.serve.protocol.Tools;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** From the messages of a request, functions included, to those of a chat template. */
public final class Conversation {
    /** How FunctionGemma was trained to be told of functions, where the caller says nothing. */
    private static final String TRAINED = "You are a model that can do function calling with the following functions";

    private Conversation() {}

    /** How a model of this template writes calls. */
    public static CallForm form(ChatTemplate template) {
        return template == ChatTemplate.FUNCTION_GEMMA ? CallForm.FUNCTION_GEMMA : CallForm.TEXT;
    }

    /** The messages for a template; functions are declared where the answer may call them. */
    public static List<Message> messages(ChatTemplate template, List<ChatMessage> messages, Tools tools) {
        boolean functions =
                tools.used() || messages.stream().anyMatch(m -> !m.calls().isEmpty() || m.role() == Role.TOOL);
        if (!functions) {
            return messages.stream()
                    .map(m -> new Message(m.role(), m.content()))
                    .toList();
        }
        return template == ChatTemplate.FUNCTION_GEMMA
                ? trained(messages, tools)
                : ToolPrompt.messages(template, messages, tools);
    }

    private static List<Message> trained(List<ChatMessage> messages, Tools tools) {
        List<FunctionBlock> declared = tools.used()
                ? tools.declared().stream().map(Conversation::declaration).toList()
                : List.of();
        List<Message> all = new ArrayList<>();
        for (ChatMessage message : messages) {
            Role before = all.isEmpty() ? Role.SYSTEM : all.getLast().role();
            if (message.role() == Role.SYSTEM && all.isEmpty()) {
                all.add(new Message(Role.DEVELOPER, message.content(), declared));
                continue;
            }
            if (all.isEmpty() && !declared.isEmpty()) {
                all.add(new Message(Role.DEVELOPER, TRAINED, declared));
            }
            if (message.role() == Role.USER && before == Role.TOOL) {
                all.add(Message.model("")); // results stand in the model's turn, which ends here
            }
            all.add(message.role() == Role.TOOL ? response(message) : said(message));
        }
        return all;
    }

    private static Message said(ChatMessage message) {
        return new Message(
                message.role(),
                message.content(),
                message.calls().stream().map(Conversation::call).toList());
    }

    private static FunctionBlock declaration(Tool tool) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("description", tool.description());
        fields.put("parameters", plain(tool.parameters()));
        return new FunctionBlock(FunctionBlock.Kind.DECLARATION, tool.name(), fields);
    }

    private static FunctionBlock call(ToolCall call) {
        return new FunctionBlock(FunctionBlock.Kind.CALL, call.name(), fields(call.arguments()));
    }

    /** A result that is the text of a JSON object stands as its fields, any other as a value. */
    private static Message response(ChatMessage message) {
        Map<String, Object> fields =
                message.result().map(Conversation::fields).orElseGet(() -> Map.of("value", message.content()));
        return new Message(
                Role.TOOL, "", List.of(new FunctionBlock(FunctionBlock.Kind.RESPONSE, message.function(), fields)));
    }

    private static Map<String, Object> fields(ObjectNode object) {
        Map<String, Object> fields = new LinkedHashMap<>();
        object.properties().forEach(entry -> {
            if (!entry.getValue().isNull()) { // the form has none; a field that is not there says the same
                fields.put(entry.getKey(), plain(entry.getValue()));
            }
        });
        return fields;
    }

    private static Object plain(JsonNode value) {
        if (value instanceof ObjectNode object) {
            return fields(object);
        }
        if (value.isArray()) {
            return value.values().stream()
                    .filter(v -> !v.isNull())
                    .map(Conversation::plain)
                    .toList();
        }
        if (value.isNumber()) {
            return value.numberValue();
        }
        return value.isBoolean() ? (Object) value.booleanValue() : value.asString();
    }
}
