package dev.jemma.serve.tools;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.infer.constraint.CallForm;
import dev.jemma.serve.protocol.ChatMessage;
import dev.jemma.serve.protocol.Tool;
import dev.jemma.serve.protocol.ToolCall;
import dev.jemma.serve.protocol.Tools;
import dev.jemma.serve.protocol.Wire;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Functions in words, for models that were trained for no form of their own: the prompt of docs/serving.md. Declarations
 * go with the system's message, results into the user's turn. A mark that stands in anybody's text loses its {@code <},
 * so text is never taken for a call or a result.
 */
final class ToolPrompt {
    private static final String RESULT = "<tool_result>";
    private static final String RESULT_END = "</tool_result>";
    private static final Pattern MARK = Pattern.compile("<(?=/?tool_(?:call|result)>)");

    private static final String INTRODUCTION = """
            You can call functions. To call one, write its name and its arguments as JSON in this form:
            <tool_call>
            {"name": "NAME", "arguments": {"PARAMETER": VALUE}}
            </tool_call>
            """;
    private static final String AFTER = """
             After a call you get its result as <tool_result>. If no function is needed, answer in plain text.
            These are the functions, with their parameters as JSON Schema:
            """;
    private static final String SEVERAL = "Several calls may follow each other; nothing else may follow a call.";
    private static final String ONE = "Call one function at a time; nothing may follow the call.";

    private ToolPrompt() {}

    static List<Message> messages(ChatTemplate template, List<ChatMessage> messages, Tools tools) {
        List<Message> all = new ArrayList<>();
        String system = tools.used() ? declarations(tools) : "";
        int from = 0;
        boolean inUser =
                template == ChatTemplate.GEMMA; // which has no message of the system, and says so if there is one
        if (messages.getFirst().role() == Role.SYSTEM && !inUser) {
            String own = text(messages.getFirst().content());
            system = system.isEmpty() ? own : own + "\n\n" + system;
            from = 1;
        }
        if (!system.isEmpty() && !inUser) {
            all.add(Message.system(system));
        }
        boolean results = false;
        for (ChatMessage message : messages.subList(from, messages.size())) {
            String said = said(message);
            if (inUser && !system.isEmpty() && message.role() == Role.USER) {
                said = system + "\n\n" + said;
                system = "";
            }
            Role role = message.role() == Role.TOOL ? Role.USER : message.role();
            if (role == Role.USER && results) { // one turn with what came before
                said = all.removeLast().content() + "\n" + said;
            }
            all.add(new Message(role, said));
            results = message.role() == Role.TOOL;
        }
        return all;
    }

    private static String said(ChatMessage message) {
        if (message.role() == Role.TOOL) {
            String result = json(Wire.object().put("name", message.function()).put("content", message.content()));
            return RESULT + "\n" + result + "\n" + RESULT_END;
        }
        StringBuilder said = new StringBuilder(text(message.content()));
        for (ToolCall call : message.calls()) {
            said.append(said.isEmpty() ? "" : "\n")
                    .append(CallForm.START)
                    .append("\n{\"name\": \"")
                    .append(call.name())
                    .append("\", \"arguments\": ")
                    .append(json(call.arguments()))
                    .append("}\n")
                    .append(CallForm.END);
        }
        return said.toString();
    }

    private static String declarations(Tools tools) {
        StringBuilder text = new StringBuilder(INTRODUCTION + (tools.parallel() ? SEVERAL : ONE) + AFTER);
        for (Tool tool : tools.declared()) {
            var declaration = Wire.object().put("name", tool.name()).put("description", tool.description());
            declaration.set("parameters", tool.parameters());
            text.append(json(declaration)).append('\n');
        }
        return text.toString().stripTrailing();
    }

    private static String text(String plain) {
        return MARK.matcher(plain).replaceAll("&lt;");
    }

    private static String json(JsonNode value) {
        String json = new String(Wire.bytes(value), StandardCharsets.UTF_8);
        return MARK.matcher(json).replaceAll("\\\\u003c");
    }
}
