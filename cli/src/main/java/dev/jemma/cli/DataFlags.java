package dev.jemma.cli;

import dev.jemma.data.DataOptions;
import dev.jemma.data.Mixture;
import dev.jemma.data.Schema;
import dev.jemma.data.TextSplit;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of every command that reads training data, and what its words mean; a picocli mixin. */
final class DataFlags {
    @Option(names = "--schema", paramLabel = "NAME", description = "What the records look like (default: found).")
    private Optional<String> schema = Optional.empty();

    @Option(names = "--text-field", paramLabel = "NAME", description = "The field that holds running text.")
    private Optional<String> textField = Optional.empty();

    @Option(
            names = "--split",
            paramLabel = "HOW",
            description =
                    "Where documents of text files end: whole (the file is one; default), blank (at blank lines), or"
                            + " a line that divides them, such as '<|endoftext|>'.")
    private Optional<String> split = Optional.empty();

    @Option(names = "--no-eos", description = "Running text does not end with <eos>.")
    private boolean noEos;

    @Option(names = "--drop-long", description = "Drop chats that are too long.")
    private boolean dropLong;

    @Option(
            names = "--drop-bad",
            description = "Drop and count records that cannot be used; otherwise the first one is an error.")
    private boolean dropBad;

    @Option(names = "--drop-matching", paramLabel = "REGEX", description = "Drop what this is found in.")
    private Optional<String> dropMatching = Optional.empty();

    @Option(names = "--dedupe", description = "Drop exact duplicates.")
    private boolean dedupe;

    /** What the flags ask for; the command adds lengths and what is held out. */
    DataOptions.Builder builder() {
        DataOptions.Builder options = DataOptions.builder()
                .endOfText(!noEos)
                .dropLong(dropLong)
                .dropBad(dropBad)
                .dedupe(dedupe);
        schema.ifPresent(name -> options.schema(Schema.of(name)));
        textField.ifPresent(options::textField);
        split.ifPresent(how -> options.split(TextSplit.of(how)));
        dropMatching.ifPresent(options::dropMatching);
        return options;
    }

    /** The mixture that the words of the command line name; empty if they are files and folders. */
    static Optional<Mixture> mixture(List<String> data, DataOptions options) {
        boolean weighted = data.stream().anyMatch(Mixture::isWeighted);
        if (weighted) {
            if (!data.stream().allMatch(Mixture::isWeighted)) {
                throw new MisuseException(
                        "give every source of the mixture a weight, as in stories/=0.9 chats.jsonl=0.1");
            }
            return Optional.of(Mixture.of(data, options));
        }
        if (data.stream().noneMatch(word -> Mixture.looksLike(Path.of(word)))) {
            return Optional.empty();
        }
        if (data.size() > 1) {
            throw new MisuseException("a mixture's YAML file names all its sources: give it alone");
        }
        return Optional.of(Mixture.read(Path.of(data.getFirst()), options));
    }
}
