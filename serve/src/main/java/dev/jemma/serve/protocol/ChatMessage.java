package dev.jemma.serve.protocol;

import dev.jemma.chat.Role;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A message of a conversation.
 *
 * @param role who speaks
 * @param content plain text, whatever it looks like
 * @param calls functions that the model called in this message
 * @param function the function whose result this is; empty but for {@link Role#TOOL}
 */
public record ChatMessage(Role role, String content, List<ToolCall> calls, String function) {
    public ChatMessage {
        calls = List.copyOf(calls);
    }

    /** The result of a function, if it is the text of a JSON object. */
    public Optional<ObjectNode> result() {
        return role == Role.TOOL ? Wire.object(content) : Optional.empty();
    }
}
