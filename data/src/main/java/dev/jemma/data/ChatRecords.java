package dev.jemma.data;

import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/** Records of the chat schemas as conversations. Contents are taken as they are; the chat template trims them. */
final class ChatRecords {
    private static final int MAX_TURNS = 10_000;

    private ChatRecords() {}

    /** The list of messages in this field. */
    static List<Message> messages(Row row, String field, Schema schema) {
        JsonNode list = row.find(field)
                .filter(JsonNode::isArray)
                .orElseThrow(() -> row.missing("the list \"" + field + "\"", schema));
        if (list.isEmpty() || list.size() > MAX_TURNS) {
            throw row.place()
                    .error("\"" + field + "\" has " + list.size() + " messages; 1 to " + MAX_TURNS + " are right");
        }
        List<Message> messages = new ArrayList<>();
        for (JsonNode node : list) {
            int number = messages.size() + 1;
            String role = member(node, "role", "from")
                    .orElseThrow(() -> row.missing(
                            "the text \"" + (schema == Schema.SHAREGPT ? "from" : "role") + "\" in message " + number
                                    + " of \"" + field + "\"",
                            schema));
            String content = content(node)
                    .orElseThrow(() -> row.missing(
                            "the text \"" + (schema == Schema.SHAREGPT ? "value" : "content") + "\" in message "
                                    + number + " of \"" + field + "\"",
                            schema));
            messages.add(new Message(role(row, role, number), content));
        }
        return messages;
    }

    private static Optional<String> member(JsonNode node, String... names) {
        for (String name : names) {
            if (node.path(name).isString()) {
                return Optional.of(node.path(name).stringValue());
            }
        }
        return Optional.empty();
    }

    /** A text, or a list of parts that are all text. */
    private static Optional<String> content(JsonNode message) {
        JsonNode parts = message.path("content");
        if (!parts.isArray()) {
            return member(message, "content", "value");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : parts) {
            if (!part.path("text").isString()) {
                return Optional.empty();
            }
            text.append(part.path("text").stringValue());
        }
        return Optional.of(text.toString());
    }

    private static Role role(Row row, String name, int number) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "user", "human", "prompter" -> Role.USER;
            case "assistant", "model", "gpt", "bot", "chatgpt", "bard" -> Role.MODEL;
            case "system", "developer" -> Role.SYSTEM;
            default ->
                throw row.place()
                        .error("message " + number + " has the role \"" + shortened(name)
                                + "\"; known are user (human, prompter), assistant (model, gpt, bot) and system");
        };
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    static List<Message> promptCompletion(Row row) {
        String answer = row.find("completion").isPresent() ? "completion" : "response";
        if (row.find("prompt").filter(JsonNode::isArray).isPresent()) {
            List<Message> all = new ArrayList<>(messages(row, "prompt", Schema.PROMPT_COMPLETION));
            all.addAll(
                    row.isText(answer)
                            ? List.of(Message.model(row.text(answer, Schema.PROMPT_COMPLETION)))
                            : messages(row, answer, Schema.PROMPT_COMPLETION));
            return all;
        }
        return List.of(
                Message.user(row.text("prompt", Schema.PROMPT_COMPLETION)),
                Message.model(row.text(answer, Schema.PROMPT_COMPLETION)));
    }

    static List<Sample> instruction(Row row) {
        String instruction = row.text("instruction", Schema.INSTRUCTION);
        Optional<JsonNode> instances = row.find("instances").filter(JsonNode::isArray);
        if (instances.isEmpty()) {
            String answer = row.find("output").isPresent() ? "output" : "response";
            String input = row.find("input").isPresent() ? "input" : "context";
            String given = row.find(input).isPresent() ? row.text(input, Schema.INSTRUCTION) : "";
            return List.of(asked(instruction, given, row.text(answer, Schema.INSTRUCTION)));
        }
        List<Sample> samples = new ArrayList<>();
        for (JsonNode instance : instances.get()) {
            Row one = new Row(row.place(), instance);
            String given = one.find("input").isPresent() ? one.text("input", Schema.INSTRUCTION) : "";
            samples.add(asked(instruction, given, one.text("output", Schema.INSTRUCTION)));
        }
        return samples;
    }

    /** What an instruction is about follows it after a blank line. */
    static String question(String instruction, String input) {
        return input.isBlank() ? instruction : instruction + "\n\n" + input;
    }

    private static Sample.Chat asked(String instruction, String input, String answer) {
        return new Sample.Chat(List.of(Message.user(question(instruction, input)), Message.model(answer)));
    }

    static List<Message> shareGpt(Row row) {
        String field = row.find("conversations").isPresent() ? "conversations" : "conversation";
        List<Message> turns = messages(row, field, Schema.SHAREGPT);
        Optional<String> system = row.find("system").filter(JsonNode::isString).map(JsonNode::stringValue);
        if (system.isEmpty() || system.get().isBlank() || turns.getFirst().role() == Role.SYSTEM) {
            return turns;
        }
        List<Message> all = new ArrayList<>(List.of(Message.system(system.get())));
        all.addAll(turns);
        return all;
    }

    /** From the root down, at each step the reply with the lowest rank, the first of those that have none. */
    static List<Message> tree(Row row) {
        List<Message> messages = new ArrayList<>();
        JsonNode node = row.value().has("replies") ? row.value() : row.value().path("prompt");
        while (true) {
            Row here = new Row(row.place(), node);
            int number = messages.size() + 1;
            Role role = role(row, here.text("role", Schema.MESSAGE_TREE), number);
            messages.add(new Message(role, here.text("text", Schema.MESSAGE_TREE)));
            Optional<JsonNode> best = StreamSupport.stream(node.path("replies").spliterator(), false)
                    .min(Comparator.comparingDouble(reply ->
                            reply.path("rank").isNumber() ? reply.path("rank").doubleValue() : Double.MAX_VALUE));
            if (best.isEmpty()) {
                return messages;
            }
            node = best.get();
        }
    }
}
