package dev.jemma.data;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Training data from several sources, whose shares change by stage: read from a YAML file, or named as
 * {@code PATH=WEIGHT}. {@code docs/training-data.md} shows the file.
 *
 * @param sources what is mixed
 * @param stages shares of the sources, in their order
 */
public record Mixture(List<Source> sources, List<Stage> stages) {
    /**
     * One source.
     *
     * @param name names the folder of its shards; letters, digits, {@code . _ -}
     * @param data files and folders
     * @param options how they are read
     */
    public record Source(String name, List<Path> data, DataOptions options) {
        public Source {
            data = List.copyOf(data);
            if (!name.matches("[\\w-][\\w.-]{0,99}")) {
                throw new DataException("a source of a mixture cannot be named \"" + name
                        + "\": letters, digits, dots, dashes and underscores make a name");
            }
        }
    }

    public Mixture {
        sources = List.copyOf(sources);
        stages = List.copyOf(stages);
        Set<String> names = new HashSet<>();
        for (Source source : sources) {
            if (!names.add(source.name())) {
                throw new DataException("two sources of the mixture are named \"" + source.name() + "\"");
            }
        }
        try {
            Stage.check(stages, sources.size());
        } catch (IllegalArgumentException e) {
            throw new DataException("the mixture is wrong: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a mixture from YAML. Paths in it are relative to its folder.
     *
     * @param defaults what holds where a source says nothing else
     * @throws DataException if it is not as it should be; names the key
     */
    public static Mixture read(Path yaml, DataOptions defaults) {
        return new MixtureFile(yaml, defaults).read();
    }

    /** Whether a path names a mixture, not data. */
    public static boolean looksLike(Path path) {
        String name = String.valueOf(path.getFileName());
        return (name.endsWith(".yaml") || name.endsWith(".yml")) && Files.isRegularFile(path);
    }

    /** Whether a word of the command line is {@code PATH=WEIGHT}: no such file, but for a number behind the last "=". */
    public static boolean isWeighted(String word) {
        try {
            return !Files.exists(Path.of(word)) && word.matches(".+=\\d+(\\.\\d+)?");
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** Sources {@code PATH=WEIGHT}, in one stage. */
    public static Mixture of(List<String> weighted, DataOptions options) {
        List<Source> sources = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (String word : weighted) {
            int cut = word.lastIndexOf('=');
            Path path = Path.of(word.substring(0, cut));
            String name = String.valueOf(path.getFileName())
                    .replaceAll("[^\\w.-]", "_")
                    .replaceFirst("^\\.+", "_");
            sources.add(new Source(sources.size() + 1 + "-" + name, List.of(path), options));
            weights.add(Double.valueOf(word.substring(cut + 1)));
        }
        try {
            return new Mixture(sources, List.of(Stage.always(weights)));
        } catch (IllegalArgumentException e) {
            throw new DataException("the mixture is wrong: " + e.getMessage(), e);
        }
    }

    /**
     * The shards of every source, each in a folder of its name; close them all.
     *
     * @throws DataException as {@link Shards#prepare} does
     */
    public List<Shards> prepare(
            Tokenizer tokenizer, ChatTemplate template, int threads, Path folder, PreparationListener listener) {
        List<Shards> prepared = new ArrayList<>();
        boolean whole = false;
        try {
            for (Source source : sources) {
                DataJob job = new DataJob(source.data(), tokenizer, template, source.options(), threads);
                prepared.add(Shards.prepare(job, folder.resolve(source.name()), listener));
            }
            whole = true;
            return prepared;
        } finally {
            if (!whole) {
                prepared.forEach(Shards::close);
            }
        }
    }
}
