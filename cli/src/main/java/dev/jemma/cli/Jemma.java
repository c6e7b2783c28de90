package dev.jemma.cli;

import dev.jemma.JemmaException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Option;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The root of the {@code jemma} command: picks the subcommand, and turns every way a run can end into one line and an
 * exit code. 0 is success, 1 a failure, 2 misuse, 130 an interruption, 141 a reader of the output that went away.
 */
@Command(name = "jemma", mixinStandardHelpOptions = true, versionProvider = Jemma.Version.class)
public final class Jemma implements Callable<Integer> {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;
    static final int INTERRUPTED = 130;
    static final int PIPE_CLOSED = 141;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean verbose;

    private final CommandLine line;
    private final Console console;
    private final List<Commands.Entry> entries;

    private Jemma(Console console, List<Commands.Entry> entries, String[] args) {
        this.console = console;
        this.entries = entries;
        line = new CommandLine(this);
        line.addSubcommand(new CommandLine.HelpCommand());
        for (Commands.Entry entry : chosen(entries, args)) {
            CommandLine command = new CommandLine(entry.create(console));
            line.addSubcommand(entry.name(), command);
            entry.below().forEach(lower -> command.addSubcommand(lower.name(), lower.create(console)));
        }
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(false).setUsageHelpWidth(96);
        line.setColorScheme(Help.defaultColorScheme(console.colour() ? Help.Ansi.ON : Help.Ansi.OFF));
        line.setOut(new PrintWriter(console.writer(), true));
        line.setErr(new PrintWriter(console.errorWriter(), true));
        line.getHelpSectionMap().put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST, this::commandList);
        line.getSubcommands().values().forEach(Jemma::describe);
        line.setParameterExceptionHandler((e, unparsed) -> misuse(e));
        line.setExecutionExceptionHandler((e, where, parsed) -> failure(e));
    }

    public static void main(String[] args) {
        if (System.getProperty("java.util.logging.config.file") == null) {
            // before anything logs: the first who does decides which log it is
            System.setProperty("java.util.logging.manager", "dev.jemma.cli.LastingLog");
        }
        Relaunch relaunch = Relaunch.prepare(args);
        System.exit(run(Console.system(), Commands.all(), relaunch, args));
    }

    /** Runs one command line; returns its exit code. Does not end the process. */
    static int run(Console console, String... args) {
        return run(console, Commands.all(), args);
    }

    static int run(Console console, List<Commands.Entry> entries, String... args) {
        return run(console, entries, Relaunch.none(), args);
    }

    private static int run(Console console, List<Commands.Entry> entries, Relaunch relaunch, String... args) {
        Jemma jemma = new Jemma(console, entries, args);
        jemma.line.setExecutionStrategy(parsed -> relaunch.run().orElseGet(() -> new RunLast().execute(parsed)));
        int code;
        try {
            code = jemma.line.execute(args);
            console.flush();
        } catch (RuntimeException e) { // the last flush found the reader gone, or picocli's own printing did
            code = jemma.failure(e);
        }
        return code;
    }

    /** Only the command that is named, so that a run starts no more than it needs; all where it matters (help, typos). */
    private static List<Commands.Entry> chosen(List<Commands.Entry> entries, String[] args) {
        for (String arg : args) {
            if (!arg.startsWith("-")) {
                List<Commands.Entry> named =
                        entries.stream().filter(e -> e.name().equals(arg)).toList();
                return named.isEmpty() ? entries : named;
            }
        }
        return entries;
    }

    private static void describe(CommandLine command) {
        command.getSubcommands().values().forEach(Jemma::describe);
        command.getCommandSpec().mixinStandardHelpOptions(true);
        command.getCommandSpec().usageMessage().sortOptions(false);
    }

    @Override
    public Integer call() {
        line.usage(line.getOut(), line.getColorScheme());
        return OK;
    }

    private String commandList(Help help) {
        StringBuilder text = new StringBuilder();
        for (Commands.Group group : Commands.Group.values()) {
            List<String> lines = new ArrayList<>();
            for (Commands.Entry entry : entries) {
                CommandLine command = line.getSubcommands().get(entry.name());
                if (entry.group() == group && command != null) {
                    String[] description =
                            command.getCommandSpec().usageMessage().description();
                    lines.add(String.format(
                            Locale.ROOT, "  %-12s %s%n", entry.name(), description.length == 0 ? "" : description[0]));
                }
            }
            if (!lines.isEmpty()) {
                text.append(help.colorScheme().ansi().string(String.format("%n@|bold %s|@%n", group.title())));
                lines.forEach(text::append);
            }
        }
        return text.append(String.format("%n'jemma COMMAND --help' tells more about one of them.%n"))
                .toString();
    }

    private int misuse(CommandLine.ParameterException e) {
        CommandLine where = e.getCommandLine();
        String name = where.getCommandSpec().qualifiedName();
        String message = e.getMessage();
        if (e instanceof UnmatchedArgumentException unmatched) {
            List<String> words = unmatched.getUnmatched();
            String word = words.isEmpty() ? "" : words.getFirst();
            if (where.getParent() == null && !word.startsWith("-")) {
                message = "there is no command '" + word + "'";
            } else if (word.startsWith("-")) {
                message = "unknown option '" + word + "'";
            } else {
                message = "unexpected argument '" + word + "'";
            }
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message += "; did you mean "
                        + String.join(" or ", suggestions.stream().limit(3).toList()) + "?";
            }
        }
        console.error(lowerFirst(message) + " (see '" + name + " --help')");
        trace(e);
        return MISUSED;
    }

    private int failure(Throwable e) {
        return switch (e) {
            case Console.PipeClosedException closed -> PIPE_CLOSED;
            case CommandLine.ParameterException misuse -> misuse(misuse);
            case InterruptedException interrupted -> interrupted();
            case CancellationException cancelled -> interrupted();
            case MisuseException misuse -> {
                console.error(oneLine(misuse.getMessage(), misuse));
                trace(misuse);
                yield MISUSED;
            }
            case JemmaException known -> {
                console.error(oneLine(known.getMessage(), known));
                trace(known);
                yield FAILED;
            }
            default -> {
                console.error(describe(e));
                trace(e);
                yield FAILED;
            }
        };
    }

    private int interrupted() {
        console.error("interrupted");
        return INTERRUPTED;
    }

    private String describe(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            return "out of memory (" + oneLine(e.getMessage(), e)
                    + "); give Java more with JEMMA_JAVA_OPTS=-Xmx8g, or take a smaller model or context";
        }
        if (e instanceof java.io.IOException || e instanceof java.io.UncheckedIOException) {
            return e.getClass().getSimpleName() + ": " + oneLine(e.getMessage(), e);
        }
        return "unexpected " + e.getClass().getSimpleName() + ": " + oneLine(e.getMessage(), e)
                + (verbose ? "" : " (--verbose shows where; please report it)");
    }

    private void trace(Throwable e) {
        if (verbose) {
            e.printStackTrace(new PrintWriter(console.errorWriter(), true));
        }
    }

    private static String oneLine(@Nullable String message, Throwable e) {
        return message == null ? e.getClass().getSimpleName() : message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    private static String lowerFirst(@Nullable String text) {
        if (text == null || text.isEmpty()) {
            return "wrong arguments";
        }
        boolean acronym = text.length() > 1 && Character.isUpperCase(text.charAt(1));
        return acronym ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    /** What {@code --version} prints. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "jemma " + Environment.jemmaVersion() + " (JDK " + Runtime.version() + ", "
                        + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ")"
            };
        }
    }
}
