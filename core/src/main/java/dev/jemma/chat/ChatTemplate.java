package dev.jemma.chat;

import dev.jemma.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The chat templates of Gemma, as code: messages in, token ids out. Control tokens are placed by id and contents are
 * encoded as plain text, so a {@code <end_of_turn>} that somebody types stays the thirteen characters that it is. Each
 * template does what the jinja template in the model's own files does, oddities included.
 */
public enum ChatTemplate {
    /** Gemma 1 and 2: user and model in turn, no system message. */
    GEMMA("b23157022f2701595e1b1ee6eed78fde6edd380a4c8a601d25033dca4f698d07"),
    /** Gemma 3: a system message goes in front of the first user message. */
    GEMMA_3("e5d59c5259cea75b55bf9211e76c64638203cbc3dcabb7e4bdb6bb64cff0eb54"),
    /** FunctionGemma: a developer message with declarations, then user, model and tool; see {@link FunctionBlock}. */
    FUNCTION_GEMMA("");

    private static final String BOS = "<bos>";
    private static final String EOS = "<eos>";
    private static final String START = "<start_of_turn>";
    private static final String END = "<end_of_turn>";

    private final String jinjaFingerprint;

    ChatTemplate(String jinjaFingerprint) {
        this.jinjaFingerprint = jinjaFingerprint;
    }

    /**
     * The ids of a conversation, with bos.
     *
     * @param addGenerationPrompt whether to open the model's turn at the end
     * @throws ChatException if the template does not allow this order of roles, or the vocabulary lacks its tokens
     */
    public int[] encode(Tokenizer tokenizer, List<Message> messages, boolean addGenerationPrompt) {
        return prompt(messages, addGenerationPrompt).encode(tokenizer);
    }

    /**
     * A conversation as text, for display. To feed a model use {@link #encode}: in text, contents cannot be told from
     * control tokens.
     *
     * @throws ChatException if the template does not allow this order of roles
     */
    public String render(List<Message> messages, boolean addGenerationPrompt) {
        return prompt(messages, addGenerationPrompt).toString();
    }

    /** Ids at which the model has ended its turn (or, for FunctionGemma, waits for a function's result). */
    public int[] stopTokens(Tokenizer tokenizer) {
        IntStream stops = IntStream.of(Prompt.id(END, tokenizer), Prompt.id(EOS, tokenizer));
        return this == FUNCTION_GEMMA
                ? IntStream.concat(stops, IntStream.of(Prompt.id(FunctionBlock.Kind.RESPONSE.start(), tokenizer)))
                        .toArray()
                : stops.toArray();
    }

    /**
     * This template in jinja, in words of our own, for other software that reads a model of ours; only {@link #GEMMA_3} has
     * one, which is what new models are trained by.
     */
    public Optional<String> jinja() {
        return this == GEMMA_3 ? Optional.of(GemmaJinja.TEXT) : Optional.empty();
    }

    /**
     * Whether a model file's own jinja template does the same as this one: equal to Gemma's or to {@link #jinja} but for
     * layout, quoting and comments. {@link #FUNCTION_GEMMA}, which follows a description, matches none.
     */
    public boolean matches(String jinja) {
        String fingerprint = Jinja.fingerprint(jinja);
        return fingerprint.equals(jinjaFingerprint)
                || jinja().filter(own -> Jinja.fingerprint(own).equals(fingerprint))
                        .isPresent();
    }

    /** The template that {@link #matches} a model file's own; empty if none does, which is worth a warning. */
    public static Optional<ChatTemplate> recognize(String jinja) {
        for (ChatTemplate template : values()) {
            if (template.matches(jinja)) {
                return Optional.of(template);
            }
        }
        return Optional.empty();
    }

    /** Whether the vocabulary has all control tokens that this template places. */
    public boolean fits(Tokenizer tokenizer) {
        Stream<String> turns = Stream.of(BOS, START, END);
        Stream<String> controls = this == FUNCTION_GEMMA ? Stream.concat(turns, FunctionBlock.controls()) : turns;
        return controls.allMatch(control -> Prompt.find(control, tokenizer).isPresent());
    }

    private Prompt prompt(List<Message> messages, boolean addGenerationPrompt) {
        if (messages.isEmpty()) {
            throw new ChatException(
                    "Cannot apply chat template to an empty conversation." + " Provide at least one message.");
        }
        Prompt prompt = new Prompt().control(BOS);
        if (this == FUNCTION_GEMMA) {
            FunctionTurns.append(messages, prompt);
            // A function's result stands in the model's turn, which simply goes on.
            return addGenerationPrompt && messages.getLast().role() != Role.TOOL ? openModelTurn(prompt) : prompt;
        }
        boolean system = messages.getFirst().role() == Role.SYSTEM;
        if (system && this == GEMMA) {
            throw new ChatException("System role not supported: Gemma 1 and 2 have none;"
                    + " put the instructions into the first user message");
        }
        // The system text is not trimmed; contents are. With no user message after it, it is lost.
        String prefix = system ? messages.getFirst().content() + "\n\n" : "";
        List<Message> turns = system ? messages.subList(1, messages.size()) : messages;
        for (int i = 0; i < turns.size(); i++) {
            Message turn = turns.get(i);
            check(turn, i);
            openTurn(turn.role(), prompt);
            prompt.text((i == 0 ? prefix : "") + Jinja.trim(turn.content()));
            closeTurn(prompt);
        }
        return addGenerationPrompt ? openModelTurn(prompt) : prompt;
    }

    private static void check(Message turn, int index) {
        if ((turn.role() == Role.USER) != (index % 2 == 0)) {
            throw new ChatException("Conversation roles must alternate user/assistant/user/assistant/...: turn "
                    + (index + 1) + " is of role " + turn.role().label());
        }
        if (!turn.functions().isEmpty()) {
            throw new ChatException("turn " + (index + 1) + " has function blocks, which only FunctionGemma knows");
        }
    }

    static void openTurn(Role role, Prompt prompt) {
        prompt.control(START).text(role.label() + "\n");
    }

    static void closeTurn(Prompt prompt) {
        prompt.control(END).text("\n");
    }

    private static Prompt openModelTurn(Prompt prompt) {
        openTurn(Role.MODEL, prompt);
        return prompt;
    }
}
