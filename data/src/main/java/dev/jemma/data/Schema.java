package dev.jemma.data;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What the records of a file look like. A file has one; {@link #find} tells it from the first record. */
public enum Schema {
    /** {@code text}: running text. */
    TEXT("text"),
    /** {@code messages}: a list of {@code role}, {@code content}. */
    MESSAGES("messages"),
    /** {@code prompt} with {@code completion} or {@code response}: two texts, or two lists of messages. */
    PROMPT_COMPLETION("prompt", "completion", "response"),
    /**
     * {@code instruction}, perhaps {@code input} or {@code context}, and {@code output} or {@code response}; or a list
     * {@code instances} of {@code input}, {@code output}, each of which becomes an example.
     */
    INSTRUCTION("instruction", "input", "context", "output", "response", "instances"),
    /** {@code conversations}: a list of {@code from}, {@code value} (ShareGPT). */
    SHAREGPT("conversations", "conversation", "system"),
    /** A tree of messages with {@code text}, {@code role}, {@code replies} (OpenAssistant); the best-ranked replies make a chat. */
    MESSAGE_TREE("prompt", "text", "role", "replies"),
    /** {@code chosen} and {@code rejected}: two answers to one prompt. */
    PREFERENCE("chosen", "rejected", "prompt", "instruction", "input", "context");

    private static final String DEFAULT_TEXT_FIELD = "text";

    private final String fields; // with spaces between

    Schema(String... fields) {
        this.fields = String.join(" ", fields);
    }

    /** Its name on the command line and in messages. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The schema of this name.
     *
     * @throws DataException if there is none
     */
    public static Schema of(String label) {
        for (Schema schema : values()) {
            if (schema.label().equals(label)) {
                return schema;
            }
        }
        throw new DataException("there is no schema \"" + label + "\"; there are " + labels());
    }

    private static String labels() {
        return Arrays.stream(values()).map(Schema::label).collect(Collectors.joining(", "));
    }

    /** Columns that any schema reads, with these options. */
    static Set<String> columns(DataOptions options) {
        Set<String> columns = new HashSet<>();
        options.textField().ifPresent(columns::add);
        if (columns.isEmpty()) {
            for (Schema schema : options.schema().map(List::of).orElse(List.of(values()))) {
                columns.addAll(Arrays.asList(schema.fields.split(" ")));
            }
        }
        return columns;
    }

    /** The schema that options name, else the one that a record looks like. */
    static Schema find(Row first, DataOptions options) {
        return options.schema().orElseGet(() -> options.textField().isPresent() ? TEXT : find(first));
    }

    private static Schema find(Row row) {
        if (row.value().isString()) {
            return TEXT;
        }
        if (row.find("chosen").isPresent() && row.find("rejected").isPresent()) {
            return PREFERENCE;
        }
        if (row.find("messages").isPresent()) {
            return MESSAGES;
        }
        if (row.find("conversations").isPresent() || row.find("conversation").isPresent()) {
            return SHAREGPT;
        }
        boolean prompt = row.find("prompt").isPresent();
        boolean response = row.find("response").isPresent();
        if (prompt && (response || row.find("completion").isPresent())) {
            return PROMPT_COMPLETION;
        }
        boolean output = row.find("output").isPresent() || row.find("instances").isPresent();
        if (row.find("instruction").isPresent() && (response || output)) {
            return INSTRUCTION;
        }
        boolean replies = row.find("replies").isPresent();
        if ((replies && row.isText("role")) || row.value().path("prompt").has("replies")) {
            return MESSAGE_TREE;
        }
        if (row.isText(DEFAULT_TEXT_FIELD)) {
            return TEXT;
        }
        throw row.place()
                .error("looks like no training data that is known: it has " + row.fields() + ". Known are " + labels()
                        + "; --schema and --text-field say what it is");
    }

    /** The documents of a record, usually one. */
    List<Sample> parse(Row row, DataOptions options) {
        if (this != TEXT && !row.value().isObject()) {
            throw row.place().error("is not a JSON object");
        }
        return switch (this) {
            case TEXT ->
                List.of(new Sample.Text(
                        row.value().isString()
                                ? row.value().stringValue()
                                : row.text(options.textField().orElse(DEFAULT_TEXT_FIELD), this)));
            case MESSAGES -> List.of(new Sample.Chat(ChatRecords.messages(row, "messages", this)));
            case PROMPT_COMPLETION -> List.of(new Sample.Chat(ChatRecords.promptCompletion(row)));
            case INSTRUCTION -> ChatRecords.instruction(row);
            case SHAREGPT -> List.of(new Sample.Chat(ChatRecords.shareGpt(row)));
            case MESSAGE_TREE -> List.of(new Sample.Chat(ChatRecords.tree(row)));
            case PREFERENCE -> List.of(new Sample.Pair(PreferenceRecords.parse(row)));
        };
    }
}
