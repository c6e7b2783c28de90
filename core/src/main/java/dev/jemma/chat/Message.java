package dev.jemma.chat;

import java.util.List;

/**
 * One message of a conversation.
 *
 * @param role who speaks
 * @param content what is said; always plain text, whatever it looks like
 * @param functions declarations, calls or responses that follow the content; only FunctionGemma knows them
 */
public record Message(Role role, String content, List<FunctionBlock> functions) {
    public Message {
        functions = List.copyOf(functions);
    }

    /** A message of text alone. */
    public Message(Role role, String content) {
        this(role, content, List.of());
    }

    /** What the person says. */
    public static Message user(String content) {
        return new Message(Role.USER, content);
    }

    /** What the model said. */
    public static Message model(String content) {
        return new Message(Role.MODEL, content);
    }

    /** Instructions ahead of the conversation. */
    public static Message system(String content) {
        return new Message(Role.SYSTEM, content);
    }
}
