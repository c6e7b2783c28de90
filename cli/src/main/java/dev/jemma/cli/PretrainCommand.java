package dev.jemma.cli;

import dev.jemma.data.DataOptions;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Weight;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.train.Trainer;
import dev.jemma.train.tape.Parameters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code jemma pretrain}: a Gemma of your own, from text and a tokenizer. */
@Command(
        name = "pretrain",
        description = "Train a new model from text.",
        footer = {
            "",
            "Begins with random weights of a Gemma 3 of the shape, for the tokenizer's vocabulary, and writes a",
            "Hugging Face folder, RUN/model, that every other command takes. By default AdamW with a peak of 2e-3,",
            "warm-up and cosine, batches of 8 sequences of 256 tokens, one epoch; 5 %% of the data is held out, and",
            "its perplexity is shown beside those of uniform and of unigram guessing.",
            "",
            "Examples:",
            "  jemma train-tokenizer stories.txt --vocab-size 4096 --out my-tokenizer",
            "  jemma pretrain stories.txt --split blank --tokenizer my-tokenizer --shape 5m --out runs/own",
            "  jemma generate -m runs/own/model \"Once upon a time\"",
            "  jemma pretrain mixture.yaml --tokenizer my-tokenizer --layers 4 --width 128 --minutes 30",
            "  jemma pretrain --resume runs/own"
        })
final class PretrainCommand implements Callable<Integer> {
    static final TrainFlags.Defaults DEFAULTS = new TrainFlags.Defaults(2e-3, 0.1, 0.95, 256, 8, 1, Long.MAX_VALUE);

    private final Console console;

    @CommandLine.Parameters(
            paramLabel = "DATA",
            arity = "0..*",
            description = "What to learn from, as 'jemma prepare'.")
    private List<String> data = new ArrayList<>();

    @Option(
            names = "--tokenizer",
            paramLabel = "DIR",
            description = "A folder with tokenizer.model or tokenizer.json, as train-tokenizer writes it.")
    private Optional<Path> tokenizer = Optional.empty();

    @Mixin
    private OwnShape shape = new OwnShape();

    @Mixin
    private DataFlags reading = new DataFlags();

    @Mixin
    private TrainFlags flags = new TrainFlags();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    PretrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        RunCall call = RunCall.of(spec, flags);
        return flags.resume().isEmpty()
                ? train(call)
                : call.parsedBy(new PretrainCommand(console)).train(call);
    }

    private int train(RunCall call) {
        flags.check(DEFAULTS);
        DataOptions options = reading.builder().heldOut(flags.evalSplit()).build();
        RunSources sources = RunSources.of(call, data, flags.evalData(), options);
        Path pieces = tokenizer
                .map(call::path)
                .orElseThrow(() -> new MisuseException(
                        "--tokenizer DIR is needed; 'jemma train-tokenizer' makes one from your data"));
        Tokenizer words = Tokenizer.read(pieces);
        GemmaConfig config = shape.config(words.vocabularySize());
        Path run = call.run();
        TrainingPlan.full(config, flags.packing(DEFAULTS), flags.recompute(), flags.threads())
                .lines()
                .forEach(console::note);
        try (RunData tokens = RunData.prepare(console, sources, words, flags.threads(), run.resolve("data"));
                Trainee model = Trainee.fresh(config, words, flags.seed(), flags.threads());
                Parameters parameters = Parameters.full(model.gemma())) {
            tokens.lines().forEach(console::note);
            long count = Weight.all(config).stream()
                    .mapToLong(w -> w.shape(config).stream().reduce(1L, Math::multiplyExact))
                    .sum();
            console.note(String.format(
                    Locale.ROOT,
                    "model: %,d parameters, %,d layers",
                    count,
                    config.layers().size()));
            Map<String, Object> notes = new LinkedHashMap<>();
            notes.put("command", "pretrain");
            notes.put("tokenizer", pieces.toAbsolutePath().normalize().toString());
            notes.put("data", data);
            notes.put("packing", flags.packing(DEFAULTS).toString());
            notes.put("seed", flags.seed());
            TrainingRun training =
                    new TrainingRun(console, run, model, parameters, Optional.empty(), tokens, flags, DEFAULTS);
            RunProduct product =
                    new RunProduct(run, "model", folder -> RunPlace.writeModel(folder, model, Optional.of(pieces)));
            TrainingRun.Result result = training.run(call, product, false, notes);
            if (result.outcome() == Trainer.Outcome.STOPPED) {
                return Jemma.INTERRUPTED;
            }
            tell(product.path(), training.reports(), result, tokens, words.vocabularySize());
        }
        return Jemma.OK;
    }

    private void tell(Path model, List<Path> reports, TrainingRun.Result result, RunData tokens, int vocabulary) {
        result.after()
                .ifPresent(loss -> console.println(String.format(
                        Locale.ROOT,
                        "held-out perplexity %,.1f; guessing by frequency (unigram) %,.1f, by nothing (uniform) %,d",
                        Math.exp(loss),
                        Math.exp(tokens.unigramLoss(flags.packing(DEFAULTS), flags.evalBatches(), vocabulary)),
                        vocabulary)));
        console.println("report: " + reports.getFirst());
        console.println("model: " + model);
        console.println("next: jemma generate -m " + model + " \"Once upon a time\"");
    }
}
