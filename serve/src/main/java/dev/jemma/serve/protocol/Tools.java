package dev.jemma.serve.protocol;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a conversation says about functions: {@code tools}, {@code tool_choice} and {@code parallel_tool_calls}.
 *
 * @param declared all functions, in the order of the request
 * @param choice whether the answer may or must call some
 * @param callable indices of those that it may call
 * @param parallel whether it may call more than one
 */
public record Tools(List<Tool> declared, Choice choice, List<Integer> callable, boolean parallel) {
    /** Whether an answer calls functions. */
    public enum Choice {
        /** It is text. */
        NONE,
        /** It is text, or calls, or text and then calls. */
        AUTO,
        /** It is calls. */
        REQUIRED
    }

    private static final int MAX_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_.-]{1,64}");

    /** Whether the answer may hold calls. */
    public boolean used() {
        return choice != Choice.NONE;
    }

    /** The functions that the answer may call. */
    public List<Tool> callableTools() {
        return callable.stream().map(declared::get).toList();
    }

    static Tools read(Fields fields) {
        List<Tool> declared = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode entry : fields.array("tools", MAX_TOOLS)) {
            Tool tool = tool(Fields.object(entry, "tools[" + declared.size() + "]"));
            if (!names.add(tool.name())) {
                throw ApiException.invalid("tools", "two functions are named '" + tool.name() + "'");
            }
            declared.add(tool);
        }
        if (declared.isEmpty() && fields.find("parallel_tool_calls").isPresent()) {
            throw ApiException.invalid("parallel_tool_calls", "'parallel_tool_calls' goes with 'tools' only");
        }
        boolean parallel = fields.bool("parallel_tool_calls", true);
        Chosen chosen = choice(fields, declared);
        return new Tools(List.copyOf(declared), chosen.choice, chosen.callable, parallel);
    }

    private record Chosen(Choice choice, List<Integer> callable) {}

    private static Tool tool(Fields tool) {
        String type = tool.string("type").orElse("function");
        if (!type.equals("function")) {
            throw ApiException.unsupported(tool.path("type"), "tools are of type \"function\", nothing else");
        }
        Fields function = tool.object("function")
                .orElseThrow(() -> Fields.wrong(tool.path("function"), "an object that declares the function"));
        tool.end();
        String name = name(function);
        String description = function.string("description").orElse("");
        function.bool("strict", true); // arguments are held to the schema either way
        String path = function.path("parameters");
        ObjectNode parameters = function.find("parameters")
                .map(value -> {
                    if (!(value instanceof ObjectNode schema)) {
                        throw Fields.wrong(path, "a JSON Schema of an object");
                    }
                    JsonNode kind = schema.get("type");
                    if (kind != null && !(kind.isString() && kind.stringValue().equals("object"))) {
                        throw Fields.wrong(path + ".type", "\"object\": arguments have names");
                    }
                    return schema;
                })
                .orElseGet(Wire::object);
        function.end();
        return new Tool(name, description, parameters);
    }

    /** The name of a function. */
    static String name(Fields function) {
        String name = function.string("name").orElse("");
        if (!NAME.matcher(name).matches()) {
            throw Fields.wrong(function.path("name"), "1 to 64 letters, digits, _, . and -");
        }
        return name;
    }

    private static Chosen choice(Fields fields, List<Tool> declared) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < declared.size(); i++) {
            all.add(i);
        }
        JsonNode choice = fields.find("tool_choice").orElse(null);
        if (choice == null) {
            return new Chosen(declared.isEmpty() ? Choice.NONE : Choice.AUTO, all);
        }
        Chosen chosen = choice.isString()
                ? new Chosen(mode(choice.stringValue(), "tool_choice"), all)
                : named(Fields.object(choice, "tool_choice"), declared);
        if (declared.isEmpty()) {
            if (chosen.choice == Choice.REQUIRED) {
                throw ApiException.invalid("tool_choice", "'tool_choice' asks for a call, and 'tools' declares none");
            }
            return new Chosen(Choice.NONE, all);
        }
        return chosen;
    }

    private static Choice mode(String name, String path) {
        return switch (name) {
            case "none" -> Choice.NONE;
            case "auto" -> Choice.AUTO;
            case "required" -> Choice.REQUIRED;
            default -> throw Fields.wrong(path, "\"none\", \"auto\", \"required\" or an object that names a function");
        };
    }

    private static Chosen named(Fields choice, List<Tool> declared) {
        String type = choice.string("type").orElse("");
        Chosen chosen = switch (type) {
            case "function" -> new Chosen(Choice.REQUIRED, List.of(index(choice, declared)));
            case "allowed_tools" -> allowed(choice, declared);
            default ->
                throw ApiException.unsupported(
                        choice.path("type"),
                        "'tool_choice' is of type \"function\" or \"allowed_tools\", nothing else");
        };
        choice.end();
        return chosen;
    }

    private static Chosen allowed(Fields choice, List<Tool> declared) {
        Fields allowed = choice.object("allowed_tools")
                .orElseThrow(() -> Fields.wrong(choice.path("allowed_tools"), "an object with mode and tools"));
        Choice mode = mode(allowed.string("mode").orElse("auto"), allowed.path("mode"));
        Set<Integer> indices = new LinkedHashSet<>();
        int i = 0;
        for (JsonNode entry : allowed.array("tools", MAX_TOOLS)) {
            Fields tool = Fields.object(entry, allowed.path("tools") + "[" + i++ + "]");
            tool.string("type");
            indices.add(index(tool, declared));
            tool.end();
        }
        if (indices.isEmpty()) {
            throw Fields.wrong(allowed.path("tools"), "an array of functions; it is empty");
        }
        allowed.end();
        return new Chosen(mode, List.copyOf(indices));
    }

    private static int index(Fields fields, List<Tool> declared) {
        Fields function = fields.object("function")
                .orElseThrow(() -> Fields.wrong(fields.path("function"), "an object that names a function"));
        String name = name(function);
        function.end();
        for (int i = 0; i < declared.size(); i++) {
            if (declared.get(i).name().equals(name)) {
                return i;
            }
        }
        throw ApiException.invalid(function.path("name"), "'tools' declares no function of this name");
    }
}
