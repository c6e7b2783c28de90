package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person writes where a MODEL is asked for: a short name, a path, or {@code hf:owner/repo[:file][@revision]}. A
 * known short name wins over a file of the same name; write {@code ./name} to mean the file.
 */
public sealed interface ModelReference {
    /** A name of the catalogue or the store. */
    record Named(String name) implements ModelReference {}

    /** A GGUF file or a Hugging Face folder on this machine. */
    record Local(Path path) implements ModelReference {}

    /** A repository, or one file of it, on the Hugging Face hub. */
    record Hub(String repository, Optional<String> file, String revision) implements ModelReference {
        /** The name under which the store keeps it. */
        String storeName() {
            String name = repository.replace("/", "--")
                    + file.map(f -> "--" + f.replace("/", "--")).orElse("")
                    + (revision.equals("main") ? "" : "@" + revision.replace("/", "--"));
            return Names.model(name, "the model's name");
        }

        Source.HuggingFace source() {
            return new Source.HuggingFace(
                    repository, revision, file.map(List::of).orElse(List.of()));
        }
    }

    private static String nearest(String text, List<String> names) {
        return names.stream()
                .filter(name -> distance(text, name) <= Math.max(1, name.length() / 3))
                .min(Comparator.comparingInt(name -> distance(text, name)))
                .map(name -> "; did you mean " + name + "?")
                .orElse("");
    }

    /** Single letters to change, put in or take out to make one word of the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j - 1], row[j]));
            }
        }
        return row[b.length()];
    }

    /** The form of {@code hf:} references. */
    Pattern HUB = Pattern.compile("hf:([^/:@]+/[^/:@]+)(?::([^@]+))?(?:@(.+))?");

    /**
     * Reads a reference.
     *
     * @param known whether a short name is in the catalogue or the store
     * @param names all known names, to suggest one
     * @throws JemmaException if it is none of the three, with what to do instead
     */
    static ModelReference parse(String text, Predicate<String> known, Supplier<List<String>> names) {
        if (text.startsWith("hf:")) {
            Matcher matcher = HUB.matcher(text);
            if (!matcher.matches()) {
                throw new JemmaException("'" + text + "' is not of the form hf:owner/repo[:file][@revision]");
            }
            Hub hub = new Hub(
                    Names.file(matcher.group(1), "the model's name"),
                    Optional.ofNullable(matcher.group(2)).map(file -> Names.file(file, "the model's name")),
                    Names.file(Optional.ofNullable(matcher.group(3)).orElse("main"), "the model's name"));
            hub.storeName();
            return hub;
        }
        if (known.test(text)) {
            return new Named(text);
        }
        Path path;
        try {
            path = Path.of(text);
        } catch (InvalidPathException e) {
            throw new JemmaException("'" + text + "' is neither a model's name nor a path", e);
        }
        if (Files.exists(path)) {
            return new Local(path);
        }
        boolean looksLikePath = text.contains("/") || text.contains("\\") || text.endsWith(".gguf");
        throw new JemmaException(
                looksLikePath
                        ? "there is no file or folder " + text
                        : "there is no model '" + text + "': not in the store, not in the catalogue, no such file"
                                + nearest(text, names.get())
                                + " (jemma list --all shows the names; hf:owner/repo takes one from Hugging Face)");
    }
}
