package dev.jemma.cli;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.adapter.Adapters;
import dev.jemma.data.DataJob;
import dev.jemma.data.DataOptions;
import dev.jemma.model.Adapter;
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

/** {@code jemma finetune}: a released model learns from your data, by a small adapter beside it or as a whole. */
@Command(
        name = "finetune",
        description = "Fine-tune a model on your data (LoRA, or all of it).",
        footer = {
            "",
            "By default a LoRA adapter of rank 16 beside all matrices of all layers, AdamW with a peak of 2e-4",
            "(--full: 2e-5), warm-up and cosine, packed sequences of 512 tokens, 3 epochs but at most 1000 steps;",
            "5 %% of the data is held out. A quantized model stays as it is under its adapter. The run's folder",
            "holds config.yaml, metrics.jsonl, checkpoints, samples, report.html and report.png, and then adapter",
            "or model. Ctrl-C writes a checkpoint; --resume goes on with the same bits.",
            "",
            "Examples:",
            "  jemma finetune chats.jsonl",
            "  jemma finetune chats.jsonl -m gemma3-270m --out runs/chats --steps 200 --eval-every 50",
            "  jemma finetune --resume runs/chats"
        })
final class FinetuneCommand implements Callable<Integer> {
    static final TrainFlags.Defaults LORA = new TrainFlags.Defaults(2e-4, 0, 0.999, 512, 1, 3, 1000);
    static final TrainFlags.Defaults FULL = new TrainFlags.Defaults(2e-5, 0.01, 0.999, 512, 1, 3, 1000);

    private final Console console;

    @CommandLine.Parameters(
            paramLabel = "DATA",
            arity = "0..*",
            description = "What to learn from, as 'jemma prepare'.")
    private List<String> data = new ArrayList<>();

    @Option(
            names = {"-m", "--model"},
            paramLabel = "MODEL",
            description = "Short name, GGUF file, Hugging Face folder or hf:owner/repo[:file] (default: gemma3-270m).")
    private String reference = "";

    @Mixin
    private ModelOptions source = new ModelOptions();

    @Option(names = "--full", description = "Train all weights, as float32, and write a whole model.")
    private boolean full;

    @Option(names = "--rank", paramLabel = "R", description = "Rank of the adapter (default: 16).")
    private Optional<Integer> rank = Optional.empty();

    @Option(names = "--alpha", paramLabel = "A", description = "Scale of the adapter is A/R (default: 16).")
    private Optional<Double> alpha = Optional.empty();

    @Option(names = "--rslora", description = "Scale of the adapter is A/√R.")
    private boolean rankStabilized;

    @Mixin
    private DataFlags reading = new DataFlags();

    @Mixin
    private TrainFlags flags = new TrainFlags();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    FinetuneCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        RunCall call = RunCall.of(spec, flags);
        return flags.resume().isEmpty()
                ? train(call)
                : call.parsedBy(new FinetuneCommand(console)).train(call);
    }

    private int train(RunCall call) {
        TrainFlags.Defaults defaults = full ? FULL : LORA;
        flags.check(defaults);
        if (rank() < 1 || !(alpha() > 0)) {
            throw new MisuseException("--rank is at least 1 and --alpha above 0");
        }
        if (full && (rank.isPresent() || alpha.isPresent() || rankStabilized)) {
            throw new MisuseException("--rank, --alpha and --rslora are of an adapter, and --full trains none");
        }
        DataOptions options = reading.builder()
                .maxLength(flags.sequence(defaults))
                .heldOut(flags.evalSplit())
                .build();
        RunSources sources = RunSources.of(call, data, flags.evalData(), options);
        Path run = call.run();
        Path base = source.locator(console)
                .resolve(call.model(reference))
                .toAbsolutePath()
                .normalize();
        Tokenizer words = Trainee.tokenizer(base);
        Templates.warningForData(base, DataJob.templateOf(words)).ifPresent(console::warn);
        TrainingPlan.of(base, full, rank(), flags.packing(defaults), flags.recompute(), flags.threads())
                .lines()
                .forEach(console::note);
        try (RunData tokens = RunData.prepare(console, sources, words, flags.threads(), run.resolve("data"));
                Trainee model = Trainee.open(console, base, words, full, flags.threads())) {
            tokens.lines().forEach(console::note);
            Optional<Adapter> adapter = full ? Optional.empty() : Optional.of(adapter(model));
            try (Parameters parameters = adapter.map(a -> Parameters.adapter(model.gemma(), a))
                    .orElseGet(() -> Parameters.full(model.gemma()))) {
                Map<String, Object> notes = new LinkedHashMap<>();
                notes.put("command", "finetune");
                notes.put("model", base.toString());
                notes.put("data", data);
                notes.put("trained", full ? "all weights" : "adapter of rank " + rank() + ", alpha " + alpha());
                notes.put("packing", flags.packing(defaults).toString());
                notes.put("seed", flags.seed());
                TrainingRun training =
                        new TrainingRun(console, run, model, parameters, adapter, tokens, flags, defaults);
                RunProduct product = adapter.map(a -> new RunProduct(
                                run,
                                "adapter",
                                folder -> AdapterFolder.write(
                                        folder, a, model.gemma().config(), base.toString())))
                        .orElseGet(() -> new RunProduct(
                                run, "model", folder -> RunPlace.writeModel(folder, model, Optional.of(base))));
                TrainingRun.Result result = training.run(call, product, true, notes);
                if (result.outcome() == Trainer.Outcome.STOPPED) {
                    return Jemma.INTERRUPTED;
                }
                tell(product.path(), base, training.reports(), result);
            }
        }
        return Jemma.OK;
    }

    private Adapter adapter(Trainee model) {
        return Adapters.fresh(
                "tuned",
                model.gemma().config(),
                new Adapter.Scaling(rank(), alpha(), rankStabilized),
                Adapters.ALL_MATRICES,
                flags.seed(),
                model.kernels(),
                model.arena());
    }

    private int rank() {
        return rank.orElse(16);
    }

    private double alpha() {
        return alpha.orElse(16.0);
    }

    private void tell(Path made, Path base, List<Path> reports, TrainingRun.Result result) {
        if (result.before().isPresent() && result.after().isPresent()) {
            console.println(String.format(
                    Locale.ROOT,
                    "held-out loss %.4f before, %.4f after",
                    result.before().get(),
                    result.after().get()));
        }
        console.println("report: " + reports.getFirst());
        if (full) {
            console.println("model: " + made);
            console.println("next: jemma chat " + made);
        } else {
            console.println("adapter: " + made);
            console.println("next: jemma chat " + base + " --adapter " + made);
        }
    }
}
