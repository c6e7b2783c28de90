package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How a run was started, kept in its folder as {@code command.json}, so that {@code --resume} needs nothing else.
 *
 * @param command the subcommand
 * @param arguments its words
 * @param folder where it was started; paths among the words are relative to it
 * @param steps of the run, which may have been computed from data or time; empty if not known yet
 */
record RunCall(String command, List<String> arguments, String folder, OptionalLong steps) {
    private static final String FILE = "command.json";

    RunCall {
        arguments = List.copyOf(arguments);
    }

    /** The call of a command line whose first word is the command. */
    static RunCall of(String command, List<String> words) {
        return new RunCall(command, words, Path.of("").toAbsolutePath().toString(), OptionalLong.empty());
    }

    /** Reads the call of a run that is to go on. */
    static RunCall read(Path run, String command) {
        Path file = run.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new JemmaException(run + " is no folder of a run: it has no " + FILE);
        }
        Json json = Json.read(file);
        RunCall call = new RunCall(
                json.get("command").asString(),
                json.get("arguments").items().stream().map(Json::asString).toList(),
                json.get("folder").asString(),
                json.integer("steps"));
        if (!call.command().equals(command)) {
            throw new MisuseException(
                    run + " is a run of another command; go on with: jemma " + call.command() + " --resume " + run);
        }
        if (!call.folder().equals(Path.of("").toAbsolutePath().toString())) {
            throw new MisuseException(run + " was started in " + call.folder() + "; change there and go on with: jemma "
                    + command + " --resume with the path of the run");
        }
        return call;
    }

    void write(Path run, long total) {
        JsonText.write(
                run.resolve(FILE),
                Map.of("command", command, "arguments", arguments, "folder", folder, "steps", total));
    }
}
