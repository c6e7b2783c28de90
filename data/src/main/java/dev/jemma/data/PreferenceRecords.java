package dev.jemma.data;

import dev.jemma.chat.Message;
import dev.jemma.chat.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Records of the preference schema: two texts beside a prompt, two lists of messages, or two transcripts of the form
 * "\n\nHuman: … \n\nAssistant: …". Turns that both conversations begin with are the prompt.
 */
final class PreferenceRecords {
    private static final Pattern SPEAKER = Pattern.compile("\n\n(Human|Assistant):");

    private PreferenceRecords() {}

    static Preference parse(Row row) {
        List<Message> prompt = prompt(row);
        List<Message> chosen = side(row, "chosen", prompt.isEmpty());
        List<Message> rejected = side(row, "rejected", prompt.isEmpty());
        int most = Math.min(chosen.size(), rejected.size()) - 1; // each keeps a turn of its own
        int common = 0;
        while (common < most && chosen.get(common).equals(rejected.get(common))) {
            common++;
        }
        // where lists repeat the prompt, it is in the common turns
        List<Message> shared = chosen.subList(0, common);
        boolean repeated =
                common >= prompt.size() && shared.subList(0, prompt.size()).equals(prompt);
        List<Message> before = new ArrayList<>(repeated ? List.of() : prompt);
        before.addAll(shared);
        if (before.isEmpty()) {
            throw row.missing("a prompt, or turns that both answers begin with,", Schema.PREFERENCE);
        }
        return new Preference(before, chosen.subList(common, chosen.size()), rejected.subList(common, rejected.size()));
    }

    private static List<Message> prompt(Row row) {
        if (row.find("prompt").filter(JsonNode::isArray).isPresent()) {
            return ChatRecords.messages(row, "prompt", Schema.PREFERENCE);
        }
        if (row.isText("prompt")) {
            String text = row.text("prompt", Schema.PREFERENCE);
            return transcript(text).orElseGet(() -> List.of(Message.user(text)));
        }
        if (row.isText("instruction")) {
            String input = row.isText("input") ? "input" : "context";
            String given = row.isText(input) ? row.text(input, Schema.PREFERENCE) : "";
            return List.of(Message.user(ChatRecords.question(row.text("instruction", Schema.PREFERENCE), given)));
        }
        return List.of();
    }

    private static List<Message> side(Row row, String field, boolean alone) {
        List<Message> turns;
        if (row.find(field).filter(JsonNode::isArray).isPresent()) {
            turns = ChatRecords.messages(row, field, Schema.PREFERENCE);
        } else {
            String text = row.text(field, Schema.PREFERENCE);
            turns = transcript(text).orElseGet(() -> List.of(Message.model(text)));
            if (alone && turns.size() == 1) {
                throw row.missing("a \"prompt\" beside \"" + field + "\"", Schema.PREFERENCE);
            }
        }
        return turns;
    }

    /** Turns of a transcript; empty if the text is none. A speaker who goes on has one turn, paragraphs apart. */
    private static Optional<List<Message>> transcript(String text) {
        Matcher speaker = SPEAKER.matcher(text);
        if (!speaker.lookingAt()) {
            return Optional.empty();
        }
        List<Message> turns = new ArrayList<>();
        boolean more = true;
        while (more) {
            Role role = speaker.group(1).equals("Human") ? Role.USER : Role.MODEL;
            int begin = speaker.end();
            more = speaker.find();
            String content = text.substring(begin, more ? speaker.start() : text.length())
                    .strip();
            if (!turns.isEmpty() && turns.getLast().role() == role) {
                String both = turns.removeLast().content() + "\n\n" + content;
                turns.add(new Message(role, both.strip()));
            } else {
                turns.add(new Message(role, content));
            }
        }
        return Optional.of(turns);
    }
}
