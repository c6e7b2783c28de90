package dev.jemma.data;

import dev.jemma.chat.Message;
import java.util.List;

/**
 * Two answers to one prompt, one liked better.
 *
 * @param prompt the conversation up to the answers; may be empty of turns only where the data has none
 * @param chosen the better answer: one turn of the model, or several turns that end with one
 * @param rejected the other answer
 */
public record Preference(List<Message> prompt, List<Message> chosen, List<Message> rejected) {
    public Preference {
        prompt = List.copyOf(prompt);
        chosen = List.copyOf(chosen);
        rejected = List.copyOf(rejected);
    }
}
