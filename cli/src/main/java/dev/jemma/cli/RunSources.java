package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.data.DataException;
import dev.jemma.data.DataJob;
import dev.jemma.data.DataOptions;
import dev.jemma.data.Mixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a run learns from, found to be there before anything else is done.
 *
 * @param mixture if the words name one
 * @param paths files and folders; empty for a mixture
 * @param evalData held-out data of its own; may be empty
 * @param options how they are read, where the mixture says nothing else
 */
record RunSources(Optional<Mixture> mixture, List<Path> paths, List<Path> evalData, DataOptions options) {
    RunSources {
        paths = List.copyOf(paths);
        evalData = List.copyOf(evalData);
    }

    /**
     * What the words of a command line name.
     *
     * @throws MisuseException if they name nothing
     * @throws JemmaException if something is not there or cannot be read by its name
     */
    static RunSources of(RunCall call, List<String> data, List<Path> evalData, DataOptions options) {
        if (data.isEmpty()) {
            throw new MisuseException("name the data to learn from, such as chats.jsonl or stories.txt");
        }
        List<String> words = data.stream().map(call::word).toList();
        List<Path> held = evalData.stream().map(call::path).toList();
        try {
            Optional<Mixture> mixture = DataFlags.mixture(words, options);
            List<Path> paths = mixture.isPresent()
                    ? List.of()
                    : words.stream().map(Path::of).toList();
            Stream.concat(
                            mixture.stream().flatMap(m -> m.sources().stream()).map(Mixture.Source::data),
                            Stream.of(paths, held))
                    .filter(list -> !list.isEmpty())
                    .forEach(DataJob::requireSources);
            return new RunSources(mixture, paths, held, options);
        } catch (DataException e) {
            if (call.steps().isEmpty()) {
                throw e;
            }
            throw new JemmaException(
                    e.getMessage() + ". " + call.run() + " learns from it: put it back, or a link to it, then go on",
                    e);
        }
    }
}
