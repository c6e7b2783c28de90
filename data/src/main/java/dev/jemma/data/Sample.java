package dev.jemma.data;

import dev.jemma.chat.Message;
import java.security.MessageDigest;
import java.util.List;
import java.util.regex.Pattern;

/** A document of training data before it becomes tokens. */
sealed interface Sample {
    /** Running text. */
    record Text(String text) implements Sample {}

    /** A conversation. */
    record Chat(List<Message> messages) implements Sample {}

    /** Two answers to one prompt. */
    record Pair(Preference preference) implements Sample {}

    /** 64 bits of the content: what finds duplicates, and chooses what is held out. */
    default long hash() {
        MessageDigest digest = Hashes.sha256();
        switch (this) {
            case Text(String text) -> Hashes.add(digest, text);
            case Chat(List<Message> messages) -> add(digest, messages);
            case Pair(Preference(var prompt, var chosen, var rejected)) -> {
                add(digest, prompt);
                add(digest, chosen);
                add(digest, rejected);
            }
        }
        return Hashes.bits(digest);
    }

    private static void add(MessageDigest digest, List<Message> messages) {
        Hashes.add(digest, Integer.toString(messages.size()));
        for (Message message : messages) {
            Hashes.add(digest, message.role().label());
            Hashes.add(digest, message.content());
        }
    }

    /** Whether a pattern is found in any of the texts. */
    default boolean matches(Pattern pattern) {
        return switch (this) {
            case Text(String text) -> pattern.matcher(text).find();
            case Chat(List<Message> messages) -> matches(pattern, messages);
            case Pair(Preference(var prompt, var chosen, var rejected)) ->
                matches(pattern, prompt) || matches(pattern, chosen) || matches(pattern, rejected);
        };
    }

    private static boolean matches(Pattern pattern, List<Message> messages) {
        return messages.stream().anyMatch(m -> pattern.matcher(m.content()).find());
    }
}
