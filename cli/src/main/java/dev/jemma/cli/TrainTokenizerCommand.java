package dev.jemma.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jemma.JemmaException;
import dev.jemma.machine.Machine;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.training.PieceLayout;
import dev.jemma.tokenizer.training.TokenizerTrainer;
import dev.jemma.tokenizer.training.TrainedTokenizer;
import dev.jemma.tokenizer.training.TrainerSettings;
import dev.jemma.tokenizer.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jemma train-tokenizer}: a vocabulary from text, as SentencePiece makes it; see {@link TokenizerTrainer}. */
@Command(
        name = "train-tokenizer",
        description = "Learn a tokenizer from text.",
        footer = {
            "",
            "Writes tokenizer.model (SentencePiece), and tokenizer.json with tokenizer_config.json",
            "(Hugging Face). Text is UTF-8,",
            "learned line by line as it is: spaces count, digits stand alone, rare characters become bytes.",
            "Ids begin as Gemma's do: <pad> 0, <eos> 1, <bos> 2, <unk> 3, then <mask>, the turn tokens of",
            "chats, and runs of line breaks, spaces and tabs; --no-gemma-layout leaves out all but the",
            "first four. Then come 256 bytes, what was learned, and single characters.",
            "",
            "Examples:",
            "  jemma train-tokenizer stories.txt --vocab-size 4096 --out my-tokenizer",
            "  jemma train-tokenizer books/ notes/ --vocab-size 32000 --out my-tokenizer --symbol \"<b>\"",
            "  jemma tokenize -m my-tokenizer --pieces \"Once upon a time\""
        })
final class TrainTokenizerCommand implements Callable<Integer> {
    private static final String MODEL = "tokenizer.model";
    private static final String JSON_FILE = "tokenizer.json";
    private static final int MAX_UNUSED = 10_000;

    private final Console console;

    @Parameters(
            paramLabel = "CORPUS",
            arity = "1..*",
            description = "Text files, and folders of .txt, .text and .md files.")
    private List<Path> corpus = new ArrayList<>();

    @Option(
            names = "--vocab-size",
            paramLabel = "N",
            required = true,
            description = "Pieces in all, those that are not learned included.")
    private int vocabularySize;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder for the files.")
    private Path out = Path.of("");

    @Option(
            names = "--gemma-layout",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Have Gemma's control tokens and runs of white space (default: yes).")
    private boolean gemmaLayout;

    @Option(
            names = "--symbol",
            paramLabel = "TEXT",
            description = "A text that is always one token; repeat it for several.")
    private List<String> symbols = new ArrayList<>();

    @Option(
            names = "--unused",
            paramLabel = "N",
            description = "Keep N tokens <unused0>, <unused1>, … free for later (default: 0).")
    private int unused;

    @Option(
            names = "--character-coverage",
            paramLabel = "SHARE",
            description = "Share of the text whose characters get a token each, 0.98 to 1 (default: 0.9995).")
    private double coverage = TrainerSettings.DEFAULT_COVERAGE;

    @Option(
            names = "--required-chars",
            paramLabel = "CHARS",
            description = "Characters that get a token whether or not they are in the text.")
    private String requiredCharacters = "";

    @Option(
            names = "--max-piece-length",
            paramLabel = "N",
            description = "Characters of the longest learned piece (default: 16).")
    private Optional<Integer> maxPieceLength = Optional.empty();

    @Option(
            names = "--split-digits",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Each digit is a token (default: yes).")
    private boolean splitDigits;

    @Option(
            names = "--split-by-number",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Digits and letters share no piece (default: yes).")
    private boolean splitByNumber;

    @Option(
            names = "--split-by-script",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Characters of two scripts share no piece (default: yes).")
    private boolean splitByScript;

    @Option(
            names = "--held-out",
            paramLabel = "PERCENT",
            description = "Lines kept back to measure on, at most 1 MB of them (default: 1; 0 trains on all).")
    private double heldOutPercent = 1;

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Threads that count (default: as 'jemma doctor' shows). The result is the same.")
    private Optional<Integer> threads = Optional.empty();

    @Option(names = "--force", description = "Replace the files if they are there.")
    private boolean force;

    @Option(names = "--json", description = "Print what was made as JSON.")
    private boolean json;

    TrainTokenizerCommand(Console console) {
        this.console = console;
    }

    /**
     * What {@code --json} prints.
     *
     * @param fixed pieces that were not learned: control tokens, user-defined pieces, bytes
     * @param words that differ
     * @param skippedLines lines that hold U+2585
     * @param measuredOn "held-out lines" or "the training text"
     */
    record Report(
            Environment environment,
            String target,
            int vocabularySize,
            int fixed,
            int learned,
            int singleCharacters,
            int files,
            long bytes,
            long lines,
            long skippedLines,
            long words,
            double seconds,
            String measuredOn,
            long measuredBytes,
            long measuredTokens,
            double bytesPerToken) {}

    @Override
    public Integer call() {
        TrainerSettings settings = settings();
        TextFiles files = TextFiles.of(corpus);
        int workers = threads.orElseGet(() -> Machine.detect().threads().count());
        if (workers < 1) {
            throw new MisuseException("--threads must be at least 1, not " + workers);
        }
        if (!(heldOutPercent >= 0 && heldOutPercent <= 50)) {
            throw new MisuseException("--held-out is a percentage from 0 to 50, not " + heldOutPercent);
        }
        prepareTarget();
        long start = System.nanoTime();
        HeldOutLines text = new HeldOutLines(files, heldOutPercent);
        TrainedTokenizer trained = train(files, text, settings, workers);
        List<String> names = files.files().stream()
                .map(file -> String.valueOf(file.getFileName()))
                .toList();
        trained.write(out, names);
        TokenizerFiles.writeConfig(trained.vocabulary(), out);
        double seconds = (System.nanoTime() - start) / 1e9;
        tell(report(trained, files, text, seconds));
        return Jemma.OK;
    }

    private TrainerSettings settings() {
        if (unused < 0 || unused > MAX_UNUSED) {
            throw new MisuseException("--unused is 0 to " + MAX_UNUSED + ", not " + unused);
        }
        try {
            PieceLayout layout = (gemmaLayout ? PieceLayout.gemma() : PieceLayout.plain())
                    .with(symbols)
                    .withUnused(unused);
            TrainerSettings usual = TrainerSettings.of(vocabularySize, layout);
            return new TrainerSettings(
                    vocabularySize,
                    layout,
                    coverage,
                    requiredCharacters,
                    maxPieceLength.orElse(usual.maxPieceLength()),
                    splitDigits,
                    splitByNumber,
                    splitByScript,
                    usual.maxWordCharacters());
        } catch (MisuseException e) {
            throw e;
        } catch (JemmaException e) {
            throw new MisuseException(String.valueOf(e.getMessage()));
        }
    }

    // Before the work, not after it.
    private void prepareTarget() {
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new MisuseException(out + " is a file; --out names a folder");
        }
        for (String name : List.of(MODEL, JSON_FILE, TokenizerFiles.CONFIG)) {
            if (Files.exists(out.resolve(name)) && !force) {
                throw new JemmaException(out.resolve(name) + " is there already; --force replaces it");
            }
        }
        try {
            Files.createDirectories(out);
        } catch (IOException e) {
            throw new JemmaException("the folder " + out + " cannot be made: " + e.getMessage(), e);
        }
        if (!Files.isWritable(out)) {
            throw new JemmaException("the folder " + out + " cannot be written to; choose another");
        }
    }

    private TrainedTokenizer train(TextFiles files, HeldOutLines text, TrainerSettings settings, int workers) {
        try (Progress reading = console.progress("counting words", files.bytes(), Progress.Unit.BYTES);
                Learning learning = new Learning(reading)) {
            files.onRead(reading::advance);
            return TokenizerTrainer.train(text, settings, workers, learning);
        }
    }

    /** The second bar, which begins when the first has come to its end. */
    private final class Learning implements TrainingProgress, AutoCloseable {
        private final Progress reading;
        private Optional<Progress> bar = Optional.empty();

        Learning(Progress reading) {
            this.reading = reading;
        }

        @Override
        public void counted(long characters, long words) {}

        @Override
        public void learned(int pieces, int total) {
            if (bar.isEmpty()) {
                reading.close();
                bar = Optional.of(console.progress("learning", total, Progress.Unit.of("pieces")));
            }
            bar.get().at(pieces);
        }

        @Override
        public void close() {
            bar.ifPresent(Progress::close);
        }
    }

    private Report report(TrainedTokenizer trained, TextFiles files, HeldOutLines text, double seconds) {
        String sample = text.sample();
        long bytes = sample.getBytes(UTF_8).length;
        long tokens = new Tokenizer(trained.vocabulary()).encode(sample).length;
        return new Report(
                Environment.plain(),
                out.toString(),
                trained.vocabulary().size(),
                trained.settings().layout().size(),
                trained.learned(),
                trained.singleCharacters(),
                files.files().size(),
                files.bytes(),
                trained.lines(),
                trained.skippedLines(),
                trained.words(),
                seconds,
                text.isHeldOut() ? "held-out lines" : "the training text",
                bytes,
                tokens,
                (double) bytes / tokens);
    }

    private void tell(Report report) {
        if (report.skippedLines() > 0) {
            console.warn(report.skippedLines() + " lines that hold U+2585, which SentencePiece keeps for itself, were"
                    + " left out");
        }
        if (json) {
            console.println(Json.pretty(report));
            return;
        }
        console.println(String.format(
                Locale.ROOT,
                "%s: %s and %s, %,d pieces (%,d fixed, %,d learned, %,d single characters) from %s in %,d lines, %,d"
                        + " different words",
                report.target(),
                MODEL,
                JSON_FILE,
                report.vocabularySize(),
                report.fixed(),
                report.learned(),
                report.singleCharacters(),
                Units.bytes(report.bytes()),
                report.lines(),
                report.words()));
        console.println(String.format(
                Locale.ROOT,
                "%.3f bytes a token on %s of %s; %.1f s",
                report.bytesPerToken(),
                Units.bytes(report.measuredBytes()),
                report.measuredOn(),
                report.seconds()));
    }
}
