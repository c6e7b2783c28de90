package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where commands write and read: results to standard output, everything said along the way to standard error. Knows which
 * of the three is a terminal, whether colour is welcome (NO_COLOR), and keeps a progress bar and messages apart. Text is
 * UTF-8 whatever the locale says. Safe for use from several threads.
 */
public final class Console {
    /** Which of the standard streams is a terminal. */
    public record Terminals(boolean in, boolean out, boolean err) {
        /** None of them: a script, a pipe, a test. */
        public static final Terminals NONE = new Terminals(false, false, false);
    }

    /** The reader of our output went away (as {@code head} does): end quietly. */
    static final class PipeClosedException extends JemmaException {
        private static final long serialVersionUID = 1L;

        PipeClosedException(IOException cause) {
            super("the reader of the output went away", cause);
        }
    }

    private final Writer out;
    private final Writer err;
    private final BufferedReader in;
    private final Terminals terminals;
    private final Map<String, String> environment;
    private @Nullable Progress bar;

    /** A console over any streams; {@code environment} holds NO_COLOR, TERM and whatever else a command reads. */
    public Console(
            OutputStream out, OutputStream err, InputStream in, Terminals terminals, Map<String, String> environment) {
        this(out, err, in, terminals, environment, StandardCharsets.UTF_8);
    }

    private Console(
            OutputStream out,
            OutputStream err,
            InputStream in,
            Terminals terminals,
            Map<String, String> environment,
            Charset charset) {
        this.out = new Guarded(new BufferedWriter(new OutputStreamWriter(out, charset)));
        this.err = new BufferedWriter(new OutputStreamWriter(err, charset), 1024);
        this.in = new BufferedReader(new InputStreamReader(in, charset));
        this.terminals = terminals;
        this.environment = Map.copyOf(environment);
    }

    /** The process's own streams. The launcher says which are terminals ({@code jemma.terminal}); Java cannot ask singly. */
    @SuppressWarnings("SystemConsoleNull") // it is null on JDK 25 where no terminal is there
    public static Console system() {
        String said = System.getProperty("jemma.terminal");
        Terminals terminals;
        if (said != null) {
            terminals = new Terminals(said.contains("i"), said.contains("o"), said.contains("e"));
        } else {
            boolean all = System.console() != null && System.console().isTerminal();
            terminals = new Terminals(all, all, all);
        }
        boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
        Charset charset = windows && terminals.out()
                ? Charset.forName(System.getProperty("stdout.encoding", "UTF-8"))
                : StandardCharsets.UTF_8;
        return new Console(
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                new FileInputStream(FileDescriptor.in),
                terminals,
                System.getenv(),
                charset);
    }

    /** The environment variables that this command runs under. */
    public Map<String, String> environment() {
        return environment;
    }

    /** Which standard streams are terminals. */
    public Terminals terminals() {
        return terminals;
    }

    /** Whether a question can be put to a person: standard input and standard error are a terminal. */
    public boolean interactive() {
        return terminals.in() && terminals.err();
    }

    /** Whether output may be coloured: a terminal, NO_COLOR unset or empty, TERM not {@code dumb}. */
    public boolean colour() {
        return terminals.out()
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.get("TERM"));
    }

    /** Characters in a line of the terminal: COLUMNS where the shell exports it, else 80. */
    int columns() {
        String columns = environment.getOrDefault("COLUMNS", "");
        return columns.matches("[1-9]\\d{1,3}") ? Integer.parseInt(columns) : 80;
    }

    /** Whether a line may be redrawn in place on standard error. */
    boolean redraws() {
        return terminals.err() && !"dumb".equals(environment.get("TERM"));
    }

    /** Standard output as a writer; what it writes is guarded like {@link #print}. */
    public Writer writer() {
        return out;
    }

    Writer errorWriter() {
        return err;
    }

    /**
     * Writes text of the result. Shown at once on a terminal; otherwise at the next {@link #flush}.
     *
     * @throws JemmaException if standard output cannot be written (a full disk), or its reader went away
     */
    public void print(CharSequence text) {
        synchronized (this) {
            try {
                out.append(text);
                if (terminals.out()) {
                    out.flush();
                }
            } catch (IOException e) {
                throw new AssertionError("Guarded throws no IOException", e);
            }
        }
    }

    /** Writes a line of the result; see {@link #print}. */
    public void println(CharSequence line) {
        print(line + System.lineSeparator());
    }

    /** Hands everything written so far to the reader of standard output. */
    public void flush() {
        synchronized (this) {
            try {
                out.flush();
            } catch (IOException e) {
                throw new AssertionError("Guarded throws no IOException", e);
            }
        }
    }

    /** Says something along the way, on standard error. */
    public void note(String line) {
        say(line);
    }

    /** Warns on standard error; the run goes on. */
    public void warn(String line) {
        say("jemma: warning: " + line);
    }

    /** The one line that says why the run fails. */
    public void error(String line) {
        say("jemma: " + line);
    }

    /** Asks a person for a line; empty at the end of input. Call only where {@link #interactive()}. */
    public String ask(String question) {
        synchronized (this) {
            rawError(question);
            try {
                String answer = in.readLine();
                return answer == null ? "" : answer.strip();
            } catch (IOException e) {
                throw new JemmaException("standard input cannot be read: " + e.getMessage(), e);
            }
        }
    }

    /** Standard input as text, for commands that read a prompt or lines from it. */
    public BufferedReader input() {
        return in;
    }

    /**
     * Starts a progress display on standard error; close it when done.
     *
     * @param label what is going on, a word or two
     * @param total the amount of work, 0 if unknown
     * @param unit of {@code total}
     */
    public Progress progress(String label, long total, Progress.Unit unit) {
        Progress started = new Progress(this, label, total, unit, System::nanoTime);
        synchronized (this) {
            bar = redraws() ? started : null;
        }
        return started;
    }

    private void say(String line) {
        synchronized (this) {
            if (bar != null) {
                bar.clear();
            }
            rawError(line + System.lineSeparator());
        }
    }

    /** Writes to standard error as it is; a closed standard error is no reason to fail. */
    void rawError(String text) {
        synchronized (this) {
            try {
                out.flush(); // so that results and remarks appear in the order in which they were made
                err.write(text);
                err.flush();
            } catch (IOException e) {
                return;
            }
        }
    }

    void ended(Progress progress) {
        synchronized (this) {
            if (bar == progress) {
                bar = null;
            }
        }
    }

    /** A writer whose failures are ours: a closed pipe ends the run quietly, a full disk is told. */
    private static final class Guarded extends Writer {
        private final Writer to;

        Guarded(Writer to) {
            this.to = to;
        }

        @Override
        public void write(char[] buffer, int offset, int length) {
            try {
                to.write(buffer, offset, length);
            } catch (IOException e) {
                throw failure(e);
            }
        }

        @Override
        public void flush() {
            try {
                to.flush();
            } catch (IOException e) {
                throw failure(e);
            }
        }

        @Override
        public void close() {
            flush();
        }

        private static JemmaException failure(IOException e) {
            String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
            if (message.contains("pipe") || message.contains("stream closed")) {
                return new PipeClosedException(e);
            }
            return new JemmaException("standard output cannot be written: " + e.getMessage(), e);
        }
    }
}
