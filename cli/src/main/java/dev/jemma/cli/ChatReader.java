package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.IOException;
import java.util.Optional;

/** Where a chat's entries come from: a person at a terminal ({@link TerminalReader}), or lines of a file or pipe. */
sealed interface ChatReader extends AutoCloseable permits ChatReader.Plain, TerminalReader {
    /** The next entry, lines joined; empty when there are no more. */
    Optional<String> next();

    @Override
    void close();

    /** Lines of standard input, with a bare prompt if a person types them. */
    final class Plain implements ChatReader {
        private final Console console;

        Plain(Console console) {
            this.console = console;
        }

        @Override
        public Optional<String> next() {
            StringBuilder lines = new StringBuilder();
            String prompt = "> ";
            while (true) {
                if (console.interactive()) {
                    console.rawError(prompt);
                }
                Optional<String> line = line();
                if (line.isEmpty()) {
                    return lines.isEmpty() ? Optional.empty() : Optional.of(ChatLines.join(lines.toString()));
                }
                lines.append(lines.isEmpty() ? "" : "\n").append(line.get());
                if (ChatLines.isComplete(lines.toString())) {
                    return Optional.of(ChatLines.join(lines.toString()));
                }
                prompt = "… ";
            }
        }

        private Optional<String> line() {
            try {
                return Optional.ofNullable(console.input().readLine());
            } catch (IOException e) {
                throw new JemmaException("standard input cannot be read: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            // standard input is not ours to close
        }
    }
}
