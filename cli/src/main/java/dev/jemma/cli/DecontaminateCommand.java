package dev.jemma.cli;

import dev.jemma.data.TextSplit;
import dev.jemma.eval.contamination.Contamination;
import dev.jemma.eval.contamination.Decontamination;
import dev.jemma.eval.contamination.Hit;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma decontaminate}: finds items of benchmarks in training data, and writes the data without them. */
@Command(
        name = "decontaminate",
        description = "Find items of benchmarks in training data; write the data without them.",
        footer = {
            "",
            "An item is found if N words in a row of one of its fields stand in a document, whatever the case",
            "and punctuation; an item with fewer words, if all of them do. Each hit is a line of JSON.",
            "",
            "Examples:",
            "  jemma decontaminate corpus/ --against benchmarks/",
            "  jemma decontaminate chats.jsonl --against benchmarks/ --out clean/ --hits hits.jsonl"
        })
final class DecontaminateCommand implements Callable<Integer> {
    private static final int DEFAULT_WORDS = 13;

    private final Console console;

    @Parameters(
            paramLabel = "CORPUS",
            arity = "1..*",
            description = "Files and folders (.txt, .md, .json, .jsonl, with .gz or .zst too; .parquet).")
    private List<Path> corpus = List.of();

    @Option(
            names = "--against",
            paramLabel = "DIR",
            required = true,
            description =
                    "The benchmarks: a folder with one for each, or a file (.jsonl, .json, .csv, .parquet, .txt).")
    private Path against = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write the corpus here without documents in which an item was found.")
    private Optional<Path> out = Optional.empty();

    @Option(names = "--hits", paramLabel = "FILE", description = "Write hits here rather than to standard output.")
    private Optional<Path> hits = Optional.empty();

    @Option(names = "-n", paramLabel = "N", description = "Words in a row that make a hit, 6 to 100 (default: 13).")
    private int words = DEFAULT_WORDS;

    @Option(
            names = "--split",
            paramLabel = "HOW",
            description = "Where documents of text files end: whole (default), blank, or a line that divides them.")
    private String split = "whole";

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Threads that compare (default: one for each processor).")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--json", description = "Print the summary as JSON; hits go to --hits only.")
    private boolean json;

    DecontaminateCommand(Console console) {
        this.console = console;
    }

    /** What {@code --json} prints. */
    record Report(Environment environment, int words, Contamination contamination) {}

    @Override
    public Integer call() {
        int workers = threads.orElse(Runtime.getRuntime().availableProcessors());
        if (workers < 1 || words < 6 || words > 100) {
            throw new MisuseException("-n is 6 to 100 words, --threads 1 or more");
        }
        Decontamination.Options options = new Decontamination.Options(words, TextSplit.of(split), workers);
        AtomicBoolean stopped = new AtomicBoolean();
        Contamination found;
        try (Interrupts _ = new Interrupts(() -> stopped.set(true));
                Progress bar = console.progress("comparing", 0, Progress.Unit.BYTES);
                Hits sink = new Hits(bar, stopped)) {
            found = Decontamination.run(corpus, against, options, out, sink);
        }
        if (json) {
            console.println(Json.pretty(new Report(Environment.plain(), words, found)));
        } else {
            summary(found);
        }
        return found.complete() ? Jemma.OK : Jemma.INTERRUPTED;
    }

    /** Writes each hit as it is found. */
    private final class Hits implements Decontamination.Listener, AutoCloseable {
        private final Progress bar;
        private final AtomicBoolean stopped;
        private final Optional<PrintWriter> file;

        Hits(Progress bar, AtomicBoolean stopped) {
            this.bar = bar;
            this.stopped = stopped;
            this.file = hits.map(DecontaminateCommand::writer);
        }

        @Override
        public void indexed(int items) {
            console.note(String.format(Locale.ROOT, "%,d items of benchmarks to look for", items));
        }

        @Override
        public void hit(Hit hit) {
            String line = Json.line(hit);
            if (file.isPresent()) {
                file.get().println(line);
                if (file.get().checkError()) {
                    throw new MisuseException(hits.get() + ": cannot be written");
                }
            } else if (!json) {
                console.println(line);
            }
        }

        @Override
        public void at(long bytes, long totalBytes) {
            bar.total(totalBytes);
            bar.at(bytes);
        }

        @Override
        public boolean stopped() {
            return stopped.get();
        }

        @Override
        public void close() {
            file.ifPresent(PrintWriter::close);
        }
    }

    private static PrintWriter writer(Path file) {
        try {
            return new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new MisuseException(file + ": cannot be written: " + e.getMessage());
        }
    }

    /** To standard error, so that standard output holds lines of hits alone. */
    private void summary(Contamination found) {
        console.note(
                String.format(Locale.ROOT, "%-24s %9s %9s %7s %8s", "benchmark", "items", "testable", "hit", "share"));
        for (Contamination.PerBenchmark one : found.benchmarks()) {
            console.note(String.format(
                    Locale.ROOT,
                    "%-24s %,9d %,9d %,7d %7.2f%%",
                    one.name(),
                    one.items(),
                    one.testable(),
                    one.hit(),
                    100 * one.share()));
        }
        console.note(String.format(
                Locale.ROOT,
                "%,d of %,d documents hold an item%s",
                found.hitDocuments(),
                found.documents(),
                out.isPresent() ? "; the others are in " + out.get() : ""));
        if (!found.complete()) {
            console.warn("stopped before the end: what was not looked through is not in the counts, nor in --out");
        }
    }
}
