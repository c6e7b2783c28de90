package dev.jemma.langchain4j;

import dev.jemma.chat.ChatException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import dev.jemma.infer.LanguageModel;
import dev.jemma.tokenizer.Tokenizer;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.model.TokenCountEstimator;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts tokens with the model's own tokenizer and chat template: exact for a text and for a conversation that the
 * template allows; a single message counts with the control tokens of its turn.
 */
public final class JemmaTokenCountEstimator implements TokenCountEstimator {
    private static final int BOS = 1; // tokens in front of a conversation

    private final Tokenizer tokenizer;
    private final ChatTemplate template;

    private JemmaTokenCountEstimator(Tokenizer tokenizer, ChatTemplate template) {
        this.tokenizer = tokenizer;
        this.template = template;
    }

    /**
     * A counter of a model's tokens, which works after the model was closed, too.
     *
     * @throws IllegalArgumentException if the model has no chat template
     */
    public static JemmaTokenCountEstimator of(LanguageModel model) {
        return new JemmaTokenCountEstimator(
                model.tokenizer(),
                model.chatTemplate()
                        .orElseThrow(() -> new IllegalArgumentException(
                                "the model has no chat template, so it has no messages to count")));
    }

    @Override
    public int estimateTokenCountInText(String text) {
        return tokenizer.encode(text).length;
    }

    @Override
    public int estimateTokenCountInMessage(ChatMessage message) {
        return turn(Conversation.message(message));
    }

    /** Tokens that a message adds to a conversation. */
    private int turn(Message message) {
        if (message.role() == Role.SYSTEM) {
            return tokenizer.encode(message.content() + "\n\n").length; // goes into the turn of the first user message
        }
        if (message.role() == Role.USER) {
            return template.encode(tokenizer, List.of(message), false).length - BOS;
        }
        Message before = Message.user("");
        return template.encode(tokenizer, List.of(before, message), false).length
                - template.encode(tokenizer, List.of(before), false).length;
    }

    @Override
    public int estimateTokenCountInMessages(Iterable<ChatMessage> messages) {
        List<Message> all = new ArrayList<>();
        messages.forEach(message -> all.add(Conversation.message(message)));
        if (all.isEmpty()) {
            return 0;
        }
        if (all.getLast().role() == Role.SYSTEM) {
            return BOS + all.stream().mapToInt(this::turn).sum(); // waits for a user message to stand in front of
        }
        try {
            return template.encode(tokenizer, all, false).length;
        } catch (ChatException e) { // a part of a conversation, which need not begin with a user message
            return BOS + all.stream().mapToInt(this::turn).sum();
        }
    }
}
