package dev.jemma.cli;

import java.util.List;
import java.util.Locale;

/** What a person enters in a chat: something to say, or a command that begins with a slash. */
sealed interface ChatInput {
    /** Goes to the model. */
    record Say(String text) implements ChatInput {}

    /** Forgets the conversation. */
    record Reset() implements ChatInput {}

    /** Writes the conversation to a file. */
    record Save(String file) implements ChatInput {}

    /** Sets the instructions ahead of the conversation; empty shows those in force. */
    record Instructions(String text) implements ChatInput {}

    /** Shows the values in force. */
    record ShowParams() implements ChatInput {}

    /** Changes a value. */
    record SetParam(String name, String value) implements ChatInput {}

    /** Lists the commands. */
    record Help() implements ChatInput {}

    /** Ends the chat. */
    record Exit() implements ChatInput {}

    /** An empty line. */
    record Nothing() implements ChatInput {}

    /** A command that cannot be meant; the text says why. */
    record Wrong(String problem) implements ChatInput {}

    /** All commands, for completion. */
    List<String> COMMANDS = List.of("/reset", "/save", "/system", "/params", "/help", "/exit");

    /** What {@code /help} prints. */
    String HELP = """
            /reset               forget the conversation, keep the instructions
            /save FILE           write the conversation as a line of JSON, which generate --jsonl reads
            /system TEXT         instructions ahead of the conversation; alone it shows them, 'clear' removes them
            /params              show the values in force
            /params NAME VALUE   change one, as in: /params temperature 0.7
            /help                this list
            /exit                leave (also Ctrl-D)
            A line that ends in \\ goes on in the next one; \""" opens and closes a text of several lines.
            A line that begins with a space is said as it is, slash or not. Ctrl-C stops an answer.
            """;

    /** Reads a whole entry, lines joined (see {@link ChatLines}). */
    static ChatInput parse(String entry) {
        if (entry.isBlank()) {
            return new Nothing();
        }
        if (!entry.startsWith("/")) {
            return new Say(entry.strip());
        }
        String[] parts = entry.strip().split("\\s+", 2);
        String rest = parts.length == 2 ? parts[1] : "";
        return switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "/reset" -> alone(parts[0], rest, new Reset());
            case "/help", "/?" -> alone(parts[0], rest, new Help());
            case "/exit", "/quit", "/bye" -> alone(parts[0], rest, new Exit());
            case "/save" -> rest.isEmpty() ? new Wrong("/save needs the name of a file") : new Save(rest);
            case "/system" -> new Instructions(rest);
            case "/params" -> params(rest);
            default ->
                new Wrong("there is no command " + parts[0]
                        + "; /help lists them (begin with a space to say a line with a slash)");
        };
    }

    private static ChatInput alone(String command, String rest, ChatInput input) {
        return rest.isEmpty() ? input : new Wrong(command + " takes nothing after it");
    }

    private static ChatInput params(String rest) {
        if (rest.isEmpty()) {
            return new ShowParams();
        }
        String[] words = rest.split("[\\s=]+");
        return words.length == 2 ? new SetParam(words[0], words[1]) : new Wrong("/params takes a name and a value");
    }
}
