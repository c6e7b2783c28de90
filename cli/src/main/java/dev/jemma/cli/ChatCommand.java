package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.infer.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code jemma chat}: a conversation at the terminal, or with the lines of a file or pipe. */
@Command(
        name = "chat",
        description = "Talk with a model.",
        footer = {
            "",
            "Without MODEL: gemma3-270m-it if it can be had, else the base model, with a warning.",
            "Commands in the chat: /reset, /save FILE, /system TEXT, /params [NAME VALUE], /help, /exit.",
            "A line that ends in \\ goes on in the next one. Ctrl-C stops an answer, Ctrl-D leaves.",
            "Where standard input is not a terminal, every line of it is a turn; answers go to standard",
            "output.",
            "",
            "Examples:",
            "  jemma chat",
            "  jemma chat gemma3-1b-it --system \"Answer in one sentence.\" --temperature 0.7",
            "  echo \"Why is the sky blue?\" | jemma chat"
        })
final class ChatCommand implements Callable<Integer> {
    private static final String PREFERRED = "gemma3-270m-it";
    private static final String FALLBACK = "gemma3-270m";
    private static final String HISTORY_FILE = "chat-history";

    private final Console console;
    private final Set<Path> saved = new HashSet<>();

    @Mixin
    private ModelArgument model = new ModelArgument();

    @Option(names = "--system", paramLabel = "TEXT", description = "Instructions ahead of the conversation.")
    private Optional<String> system = Optional.empty();

    @Mixin
    private SamplingFlags flags = new SamplingFlags();

    @Mixin
    private SpeculationFlags guessing = new SpeculationFlags();

    @Mixin
    private RunOptions run = new RunOptions();

    ChatCommand(Console console) {
        this.console = console;
    }

    /** A saved conversation: a line that {@code generate --jsonl} takes. */
    record Saved(List<Turn> messages, String model, Environment environment) {}

    /** One message of it. */
    record Turn(String role, String content) {}

    @Override
    public Integer call() {
        guessing.check();
        ModelLocator locator = run.locator(console);
        Optional<String> asked = model.reference();
        ModelLocator.Located located =
                asked.isPresent() ? locator.locate(asked.get()) : locator.prefer(PREFERRED, FALLBACK);
        try (SpeculationFlags.Prepared prepared = guessing.prepare(console, run);
                RunOptions.Opened opened =
                        run.open(console, located, options -> options.speculation(prepared.speculation()))) {
            ChatSession session = new ChatSession(opened.model(), template(opened), flags);
            system.ifPresent(session::instruct);
            greet(opened, session);
            try (ChatReader reader = reader(locator, session)) {
                talk(opened, session, reader);
            }
        }
        return Jemma.OK;
    }

    private ChatTemplate template(RunOptions.Opened opened) {
        LanguageModel languageModel = opened.model();
        if (languageModel.config().embedsText()) {
            throw new JemmaException(
                    opened.located().name() + " is an embedding model, which does not talk; use embed");
        }
        ChatTemplate template = languageModel
                .chatTemplate()
                .orElseThrow(() -> new JemmaException(
                        opened.located().name() + " cannot chat: its vocabulary has no turn tokens; use generate"));
        Templates.warning(languageModel.files(), template).ifPresent(console::warn);
        if (!languageModel.defaults().instructionTuned()) {
            console.warn(opened.located().name()
                    + " brings no chat template: it looks like a base model, not trained to answer");
        }
        return template;
    }

    private ChatReader reader(ModelLocator locator, ChatSession session) {
        boolean dumb = "dumb".equals(console.environment().getOrDefault("TERM", "dumb"));
        if (console.terminals().in() && console.terminals().out() && !dumb) {
            ChatHistory history = new ChatHistory(locator.store().home().resolve(HISTORY_FILE));
            return new TerminalReader(console, history, session::cancel);
        }
        return new ChatReader.Plain(console);
    }

    private void greet(RunOptions.Opened opened, ChatSession session) {
        LanguageModel languageModel = opened.model();
        console.note(String.format(
                Locale.ROOT,
                "%s (%s), context %,d tokens, %d threads, %s kernels",
                opened.located().name(),
                languageModel.config().architecture().title(),
                languageModel.engine().options().contextLength(),
                languageModel.threads(),
                languageModel.kernels()));
        params(languageModel, session);
        if (console.interactive()) {
            console.note("/help lists the commands; Ctrl-C stops an answer, Ctrl-D leaves.");
        }
    }

    private void params(LanguageModel languageModel, ChatSession session) {
        ChatParams params = session.params();
        String most = params.maxTokens().isPresent()
                ? "; at most " + params.maxTokens().getAsInt() + " tokens an answer"
                : "";
        console.note(flags.describe(languageModel.defaults(), params.sampling()) + most);
    }

    private void talk(RunOptions.Opened opened, ChatSession session, ChatReader reader) {
        while (true) {
            Optional<String> entry = reader.next();
            ChatInput input = entry.map(ChatInput::parse).orElseGet(ChatInput.Exit::new);
            if (input instanceof ChatInput.Exit) {
                return;
            }
            try {
                act(opened, session, input);
            } catch (Console.PipeClosedException e) {
                throw e;
            } catch (JemmaException e) { // a mistake ends neither the chat nor the conversation
                console.error(String.valueOf(e.getMessage()));
            }
        }
    }

    private void act(RunOptions.Opened opened, ChatSession session, ChatInput input) {
        switch (input) {
            case ChatInput.Say(String text) -> say(session, text);
            case ChatInput.Reset _ -> {
                session.reset();
                console.note("The conversation is forgotten.");
            }
            case ChatInput.Save(String file) -> save(opened, session, file);
            case ChatInput.Instructions(String text) -> instruct(session, text);
            case ChatInput.ShowParams _ -> params(opened.model(), session);
            case ChatInput.SetParam(String name, String value) -> {
                session.set(name, value);
                params(opened.model(), session);
            }
            case ChatInput.Help _ -> console.rawError(ChatInput.HELP);
            case ChatInput.Wrong(String problem) -> console.error(problem);
            case ChatInput.Nothing _, ChatInput.Exit _ -> {}
        }
    }

    private void say(ChatSession session, String text) {
        ChatSession.Answer answer;
        try {
            answer = session.say(text, piece -> console.print(ModelText.shown(console, piece)));
        } finally {
            console.flush();
        }
        console.println("");
        console.flush();
        String end = switch (answer.finish()) {
            case STOP -> "";
            case LENGTH -> "; cut at the most tokens (/params max-tokens N)";
            case CANCELLED -> "; stopped";
        };
        console.note(String.format(
                Locale.ROOT,
                "[%d tokens, %.1f tokens/s; conversation of %d tokens, first token after %.2f s%s%s]",
                answer.tokens(),
                answer.tokensPerSecond(),
                answer.promptTokens() + answer.tokens(),
                answer.promptSeconds(),
                SpeculationFlags.describe(answer.speculation(), answer.tokens()),
                end));
    }

    private void instruct(ChatSession session, String text) {
        if (text.isEmpty()) {
            console.note(session.instructions().isEmpty() ? "No instructions." : session.instructions());
            return;
        }
        session.instruct(text.equals("clear") ? "" : text);
        console.note(text.equals("clear") ? "The instructions are removed." : "The instructions are set.");
    }

    private void save(RunOptions.Opened opened, ChatSession session, String name) {
        try {
            Path file = Path.of(name).toAbsolutePath().normalize();
            if (Files.exists(file) && !saved.contains(file)) {
                throw new JemmaException(file + " is there already; choose another name");
            }
            List<Turn> turns = session.messages().stream()
                    .map(message -> new Turn(message.role().label(), message.content()))
                    .toList();
            Environment environment =
                    opened.environment(Optional.of(session.params().sampling().seed()));
            String line = Json.line(new Saved(turns, opened.located().name(), environment)) + "\n";
            Files.writeString(
                    file,
                    line,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING);
            saved.add(file);
            console.note(file + ": " + turns.size() + " messages");
        } catch (InvalidPathException e) {
            throw new JemmaException("'" + name + "' is not the name of a file", e);
        } catch (IOException e) {
            throw new JemmaException(name + " cannot be written: " + JsonLines.reason(e), e);
        }
    }
}
