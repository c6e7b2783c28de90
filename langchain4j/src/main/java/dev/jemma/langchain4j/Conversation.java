package dev.jemma.langchain4j;

import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The framework's messages as those of a chat template. What a template has no place for is refused by name. */
final class Conversation {
    private Conversation() {}

    /** All messages; where a memory has let go of a question but not of its answer, an empty one stands in its place. */
    static List<Message> of(List<ChatMessage> messages) {
        List<Message> turns = new ArrayList<>();
        for (ChatMessage message : messages) {
            Message turn = message(message);
            boolean first = turns.isEmpty() || turns.getLast().role() == Role.SYSTEM;
            if (first && turn.role() == Role.MODEL) {
                turns.add(Message.user(""));
            }
            turns.add(turn);
        }
        return turns;
    }

    static Message message(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> Message.system(system.text());
            case UserMessage user -> Message.user(text(user));
            case AiMessage model -> Message.model(text(model));
            default -> throw unsupported("messages of type " + message.type() + " (tools are not supported yet)");
        };
    }

    private static String text(UserMessage message) {
        if (message.name() != null) {
            throw unsupported("UserMessage.name");
        }
        return message.contents().stream().map(Conversation::text).collect(Collectors.joining("\n"));
    }

    private static String text(Content content) {
        if (content instanceof TextContent text) {
            return text.text();
        }
        throw unsupported("contents of type " + content.type().name().toLowerCase(Locale.ROOT));
    }

    private static String text(AiMessage message) {
        if (message.hasToolExecutionRequests()) {
            throw unsupported("AiMessage.toolExecutionRequests");
        }
        if (!message.images().isEmpty()) {
            throw unsupported("AiMessage.images");
        }
        return message.text() == null ? "" : message.text(); // thinking is not repeated to a model
    }

    static UnsupportedFeatureException unsupported(String what) {
        return new UnsupportedFeatureException("Jemma does not support " + what);
    }
}
