package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Entries typed at a terminal: line editing, history, several lines, completion of commands; Ctrl-C and Ctrl-D. */
final class TerminalReader implements ChatReader {
    private final Terminal terminal;
    private final LineReader reader;
    private final ChatHistory history;
    private final Console console;

    /**
     * Takes over the terminal.
     *
     * @param onInterrupt what Ctrl-C does while no line is being typed; called on another thread
     */
    TerminalReader(Console console, ChatHistory history, Runnable onInterrupt) {
        this.console = console;
        this.history = history;
        try {
            terminal =
                    TerminalBuilder.builder().system(true).nativeSignals(true).build();
        } catch (IOException e) {
            throw new JemmaException("the terminal cannot be used: " + e.getMessage(), e);
        }
        terminal.handle(Terminal.Signal.INT, _ -> onInterrupt.run());
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .parser(new Lines())
                .completer((_, line, candidates) -> {
                    if (line.wordIndex() == 0 && line.word().startsWith("/")) {
                        ChatInput.COMMANDS.forEach(command -> candidates.add(new Candidate(command)));
                    }
                })
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "… ")
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true) // an ! is an !
                .build();
        history.load().forEach(reader.getHistory()::add);
    }

    /** An entry is over when {@link ChatLines} says so; words matter for completion only. */
    private static final class Lines implements Parser {
        private final DefaultParser words =
                new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]);

        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && !ChatLines.isComplete(line)) {
                throw new EOFError(-1, -1, "the entry goes on");
            }
            return words.parse(line, cursor, context);
        }
    }

    @Override
    public Optional<String> next() {
        while (true) {
            try {
                String line = reader.readLine("> ");
                history.add(line);
                return Optional.of(ChatLines.join(line));
            } catch (UserInterruptException e) {
                console.note("(Ctrl-D or /exit leaves)");
            } catch (EndOfFileException e) {
                return Optional.empty();
            }
        }
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            throw new JemmaException("the terminal cannot be given back: " + e.getMessage(), e);
        }
    }
}
