package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.infer.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Reads conversations from JSON lines and turns them into prompts by the model's template. */
final class ChatPrompts {
    private ChatPrompts() {}

    /** The ids of {@code "messages"}, {@code <bos>} included, up to where the model's answer begins. */
    static int[] encode(JsonLines.Line line, LanguageModel model) {
        List<Message> messages = new ArrayList<>();
        JsonNode array = line.find("messages")
                .filter(JsonNode::isArray)
                .orElseThrow(() -> line.error("\"messages\" must be an array"));
        for (JsonNode node : array) {
            if (!node.path("role").isString() || !node.path("content").isString()) {
                throw line.error("each message needs the texts \"role\" and \"content\"");
            }
            try {
                messages.add(new Message(
                        Role.of(node.get("role").asString()),
                        node.get("content").asString()));
            } catch (JemmaException e) {
                throw line.error(String.valueOf(e.getMessage()));
            }
        }
        ChatTemplate template = model.chatTemplate()
                .orElseThrow(
                        () -> line.error("this model cannot chat: it embeds, or its vocabulary has no turn tokens"));
        try {
            return template.encode(model.tokenizer(), messages, true);
        } catch (JemmaException e) {
            throw line.error(String.valueOf(e.getMessage()));
        }
    }
}
