package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * How a run was started, kept in its folder as {@code command.json}, so that {@code --resume} needs nothing else, from
 * wherever it is called.
 *
 * @param command the subcommand
 * @param arguments its words
 * @param folder where it was started; paths among the words are relative to it
 * @param steps of the run, which may have been computed from data or time; empty if it has not begun
 * @param run its folder
 */
record RunCall(String command, List<String> arguments, Path folder, OptionalLong steps, Path run) {
    private static final String FILE = "command.json";
    private static final String RESUME = "--resume";

    RunCall {
        arguments = List.copyOf(arguments);
    }

    /** The call that a command line asks for: a new run, or the one that {@code --resume} names. */
    static RunCall of(CommandSpec spec, TrainFlags flags) {
        String command = spec.name();
        List<String> words = words(spec);
        if (flags.resume().isPresent()) {
            Path run = flags.resume().get();
            List<String> more = new ArrayList<>(words);
            int at = more.indexOf(RESUME);
            if (at >= 0) {
                more.subList(at, at + 2).clear();
            }
            more.removeIf(word -> word.startsWith(RESUME + "="));
            if (!more.isEmpty()) {
                throw new MisuseException("a run goes on as it was started: leave out " + String.join(" ", more));
            }
            return read(run, command);
        }
        return new RunCall(command, words, here(), OptionalLong.empty(), RunPlace.of(flags.out(), command));
    }

    /** The words of a command line behind the command's name. */
    private static List<String> words(CommandSpec spec) {
        List<String> all = spec.root().commandLine().getParseResult().originalArgs();
        return all.subList(all.indexOf(spec.name()) + 1, all.size());
    }

    private static Path here() {
        return Path.of("").toAbsolutePath();
    }

    private static RunCall read(Path run, String command) {
        Path file = run.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new JemmaException(run + " is no folder of a run: it has no " + FILE);
        }
        Json json = Json.read(file);
        RunCall call = new RunCall(
                json.get("command").asString(),
                json.get("arguments").items().stream().map(Json::asString).toList(),
                Path.of(json.get("folder").asString()),
                json.integer("steps"),
                run);
        if (!call.command().equals(command)) {
            throw new MisuseException(
                    run + " is a run of another command; go on with: jemma " + call.command() + " --resume " + run);
        }
        return call;
    }

    /** A command with the flags of this call. */
    <C> C parsedBy(C fresh) {
        new CommandLine(fresh).parseArgs(arguments.toArray(String[]::new));
        return fresh;
    }

    /** A path among the words, as it is reached from here. */
    Path path(Path path) {
        return folder.equals(here()) ? path : folder.resolve(path);
    }

    /** A word that begins with a path. */
    String word(String word) {
        return path(Path.of(word)).toString();
    }

    /** A word that may be the path of a model, or else its name. */
    String model(String reference) {
        return Optional.of(reference)
                .filter(text -> !text.isEmpty() && !text.startsWith("hf:"))
                .map(this::word)
                .filter(text -> Files.exists(Path.of(text)))
                .orElse(reference);
    }

    /** Keeps it in the run's folder. */
    void write(long total) {
        JsonText.write(
                run.resolve(FILE),
                Map.of("command", command, "arguments", arguments, "folder", folder.toString(), "steps", total));
    }
}
