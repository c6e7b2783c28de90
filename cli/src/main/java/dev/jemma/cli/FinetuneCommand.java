package dev.jemma.cli;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.adapter.Adapters;
import dev.jemma.data.DataOptions;
import dev.jemma.model.Adapter;
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
            "5 % of the data is held out. A quantized model stays as it is under its adapter. The run's folder",
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
    private int rank = 16;

    @Option(names = "--alpha", paramLabel = "A", description = "Scale of the adapter is A/R (default: 16).")
    private double alpha = 16;

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
        if (flags.resume().isPresent()) {
            Path run = flags.resume().get();
            RunCall before = RunCall.read(run, "finetune");
            FinetuneCommand again = new FinetuneCommand(console);
            new CommandLine(again).parseArgs(before.arguments().toArray(String[]::new));
            return again.train(run, before);
        }
        Path run = RunPlace.of(flags.out(), "finetune");
        return train(run, RunCall.of("finetune", RunPlace.words(spec)));
    }

    private int train(Path run, RunCall call) {
        TrainFlags.Defaults defaults = full ? FULL : LORA;
        flags.check(defaults);
        if (data.isEmpty()) {
            throw new MisuseException("name the data to learn from, such as chats.jsonl");
        }
        if (rank < 1 || !(alpha > 0)) {
            throw new MisuseException("--rank is at least 1 and --alpha above 0");
        }
        Path base = source.locator(console).resolve(reference);
        DataOptions options = reading.builder()
                .maxLength(flags.sequence(defaults))
                .heldOut(flags.evalSplit())
                .build();
        TrainingPlan.of(base, full, rank, flags.packing(defaults), flags.recompute(), flags.threads())
                .lines()
                .forEach(console::note);
        try (Trainee model = Trainee.open(console, base, full, flags.threads());
                RunData tokens = RunData.prepare(
                        console,
                        data,
                        flags.evalData(),
                        options,
                        model.tokenizer(),
                        flags.threads(),
                        run.resolve("data"))) {
            tokens.lines().forEach(console::note);
            Optional<Adapter> adapter = full ? Optional.empty() : Optional.of(adapter(model));
            try (Parameters parameters = adapter.map(a -> Parameters.adapter(model.gemma(), a))
                    .orElseGet(() -> Parameters.full(model.gemma()))) {
                Map<String, Object> notes = new LinkedHashMap<>();
                notes.put("command", "finetune");
                notes.put("model", base.toString());
                notes.put("data", data);
                notes.put("trained", full ? "all weights" : "adapter of rank " + rank + ", alpha " + alpha);
                notes.put("packing", flags.packing(defaults).toString());
                notes.put("seed", flags.seed());
                TrainingRun training =
                        new TrainingRun(console, run, model, parameters, adapter, tokens, flags, defaults);
                TrainingRun.Result result = training.run(call, true, notes);
                if (result.outcome() == Trainer.Outcome.STOPPED) {
                    return Jemma.INTERRUPTED;
                }
                write(run, base, model, adapter);
                tell(run, base, training.reports(), result);
            }
        }
        return Jemma.OK;
    }

    private Adapter adapter(Trainee model) {
        return Adapters.fresh(
                "tuned",
                model.gemma().config(),
                new Adapter.Scaling(rank, alpha, rankStabilized),
                Adapters.ALL_MATRICES,
                flags.seed(),
                model.kernels(),
                model.arena());
    }

    private void write(Path run, Path base, Trainee model, Optional<Adapter> adapter) {
        if (adapter.isPresent()) {
            AdapterFolder.write(
                    run.resolve("adapter"), adapter.get(), model.gemma().config(), base.toString());
        } else {
            RunPlace.writeModel(run, model, Optional.of(base));
        }
    }

    private void tell(Path run, Path base, List<Path> reports, TrainingRun.Result result) {
        if (result.before().isPresent() && result.after().isPresent()) {
            console.println(String.format(
                    Locale.ROOT,
                    "held-out loss %.4f before, %.4f after",
                    result.before().get(),
                    result.after().get()));
        }
        console.println("report: " + reports.getFirst());
        if (full) {
            console.println("model: " + run.resolve("model"));
            console.println("next: jemma chat " + run.resolve("model"));
        } else {
            console.println("adapter: " + run.resolve("adapter"));
            console.println("next: jemma chat " + base + " --adapter " + run.resolve("adapter"));
        }
    }
}
