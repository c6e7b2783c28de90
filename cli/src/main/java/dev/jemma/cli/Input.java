package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whole texts from files and from standard input, for commands that were given none on the command line. */
final class Input {
    private Input() {}

    /** Everything on standard input, as it is; says so first where a person would otherwise wait in vain. */
    static String text(Console console, String what) {
        if (console.interactive()) {
            console.note("Reading " + what + " from the terminal; end with Ctrl-D.");
        }
        try {
            return all(console.input());
        } catch (IOException e) {
            throw new JemmaException("standard input cannot be read: " + e.getMessage(), e);
        }
    }

    /** A file's text, or standard input for {@code -}. */
    static String text(Console console, String file, String what) {
        if (file.equals("-")) {
            return text(console, what);
        }
        try (BufferedReader in = Files.newBufferedReader(Path.of(file))) {
            return all(in);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + JsonLines.reason(e), e);
        }
    }

    private static String all(Reader in) throws IOException {
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[1 << 16];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            text.append(buffer, 0, n);
        }
        return text.toString();
    }
}
