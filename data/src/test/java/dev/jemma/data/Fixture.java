package dev.jemma.data;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** What tests share: the small tokenizer of core's golden files, real data beside the checkout, and ways to write files. */
final class Fixture {
    static final Path ROOT = root();
    static final Tokenizer TOKENIZER =
            Tokenizer.read(ROOT.resolve("core/src/test/resources/golden/models/tokenizer/tokenizer.model"));

    private Fixture() {}

    private static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    /** A file of this module's test resources. */
    static Path resource(String name) {
        return ROOT.resolve("data/src/test/resources").resolve(name);
    }

    /** A golden file: core's copy, or the one beside the checkout. */
    static Path golden(String name) {
        Path own = ROOT.resolve("core/src/test/resources/golden").resolve(name);
        return Files.exists(own) ? own : shared("golden/" + name);
    }

    /** A file or folder beside the checkout; aborts the test, loudly, if it is not there. */
    static Path shared(String name) {
        Path there = ROOT.resolveSibling("shared").resolve(name);
        if (!Files.exists(there)) {
            System.err.println("SKIPPED: needs shared/" + name + " beside the checkout");
            Assumptions.abort("needs shared/" + name + " beside the checkout");
        }
        return there;
    }

    static Path write(Path file, String... lines) {
        try {
            return Files.writeString(file, String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static DataJob job(DataOptions options, Path... sources) {
        return new DataJob(List.of(sources), TOKENIZER, ChatTemplate.GEMMA_3, options, 2);
    }

    static DataJob job(Path... sources) {
        return job(DataOptions.DEFAULTS, sources);
    }

    /** What a preparation gives. */
    record Outcome(Preparation counts, List<Example> train, List<Example> heldOut) {
        List<String> texts() {
            return train.stream().map(Fixture::shown).toList();
        }
    }

    static Outcome prepare(DataJob job) {
        List<Example> train = new ArrayList<>();
        List<Example> heldOut = new ArrayList<>();
        Preparation counts = Preparer.run(job, (example, held) -> (held ? heldOut : train).add(example), (_, _) -> {});
        return new Outcome(counts, train, heldOut);
    }

    /** An example as text, control tokens by their names, trained parts in square brackets. */
    static String shown(Example example) {
        StringBuilder text = new StringBuilder();
        int from = 0;
        for (int i = 1; i <= example.length(); i++) {
            if (i == example.length() || example.trained()[i] != example.trained()[from]) {
                int[] part = java.util.Arrays.copyOfRange(example.tokens(), from, i);
                String words = TOKENIZER.decode(part, dev.jemma.tokenizer.SpecialText.SHOW);
                text.append(example.trained()[from] ? "[" + words + "]" : words);
                from = i;
            }
        }
        return text.toString();
    }

    static List<Row> rows(DataFile file, DataOptions options) {
        List<Row> rows = new ArrayList<>();
        try (RowReader reader = file.open(options, _ -> {})) {
            for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                rows.add(row.get());
            }
        }
        return rows;
    }

    static List<Row> rows(Path file) {
        return rows(DataFile.find(List.of(file)).getFirst(), DataOptions.DEFAULTS);
    }
}
