package dev.jemma.eval;

import dev.jemma.chat.Message;
import java.util.List;

/** What stands before the text that is scored or generated. */
public sealed interface Prompt {
    /** Plain text, to be continued; control tokens spelled out in it are text. */
    record Plain(String text) implements Prompt {}

    /** A conversation whose next turn is the model's; the model's own template makes tokens of it. */
    record Chat(List<Message> messages) implements Prompt {
        public Chat {
            messages = List.copyOf(messages);
        }
    }

    /** As one text, for reports. */
    default String shown() {
        return switch (this) {
            case Plain(String text) -> text;
            case Chat(List<Message> messages) -> {
                StringBuilder all = new StringBuilder();
                for (Message message : messages) {
                    all.append(message.role().label())
                            .append(": ")
                            .append(message.content())
                            .append('\n');
                }
                yield all.toString();
            }
        };
    }
}
