package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.cli.report.RunReport;
import dev.jemma.data.BatchSource;
import dev.jemma.data.Example;
import dev.jemma.data.PackedBatch;
import dev.jemma.data.Packing;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.model.Adapter;
import dev.jemma.train.GradientPass;
import dev.jemma.train.RunFolder;
import dev.jemma.train.TrainOptions;
import dev.jemma.train.Trainer;
import dev.jemma.train.tape.Parameters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * What all training commands do with a model, what of it is trained, and data: look at the held-out data and let the model
 * write before the first step, train, look and write again, and put it all into the run's folder with a report.
 */
final class TrainingRun {
    private static final String RESULT = "result.json";
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int TIMED_BATCHES = 3;
    private static final double MOST_TIMING = 0.05; // of the time that is asked for; Java gets faster while it runs
    /** Optimizer, looks at held-out data, samples and checkpoints, beside the gradients. */
    private static final double OVERHEAD = 1.25;

    private final Console console;
    private final Path path;
    private final Trainee model;
    private final Parameters parameters;
    private final Optional<Adapter> adapter;
    private final RunData data;
    private final TrainFlags flags;
    private final TrainFlags.Defaults defaults;

    TrainingRun(
            Console console,
            Path path,
            Trainee model,
            Parameters parameters,
            Optional<Adapter> adapter,
            RunData data,
            TrainFlags flags,
            TrainFlags.Defaults defaults) {
        this.console = console;
        this.path = path;
        this.model = model;
        this.parameters = parameters;
        this.adapter = adapter;
        this.data = data;
        this.flags = flags;
        this.defaults = defaults;
    }

    /**
     * How it ended.
     *
     * @param before held-out loss before the first step; empty without held-out data
     * @param after held-out loss of the weights that the model has now
     */
    record Result(Trainer.Outcome outcome, Optional<Double> before, Optional<Double> after, long steps) {}

    /**
     * Runs it to its end or to an interruption. Afterwards the model has the weights of the best step.
     *
     * @param call how it was started; with the number of steps if it goes on
     * @param product what is written at every checkpoint
     * @param greedy whether samples take the likeliest token
     * @param notes for {@code config.yaml}
     */
    Result run(RunCall call, RunProduct product, boolean greedy, Map<String, Object> notes) {
        Packing packing = flags.packing(defaults);
        OptionalLong known = call.steps();
        long steps = known.isPresent()
                ? known.getAsLong()
                : flags.minutes().map(m -> stepsIn(m, packing)).orElseGet(() -> flags.steps(defaults, data.rows()));
        TrainOptions options = flags.options(defaults, steps);
        long rows = Math.multiplyExact(steps, (long) packing.rows() * flags.accumulate());
        BatchSource source = data.source(packing, rows, flags.seed());
        List<PackedBatch> heldOut = data.heldOut(packing, flags.evalBatches());
        List<Example> examples = data.examples(greedy ? 4 : 3);
        RunSamples samples = new RunSamples(model, adapter, flags.prompts(), examples, greedy);
        RunFolder folder = RunFolder.open(path);
        call.write(steps);
        console.note(String.format(
                Locale.ROOT,
                "run: %s, %,d steps of up to %,d tokens (%.1f times through the data)",
                path,
                steps,
                (long) packing.rows() * flags.accumulate(),
                (double) rows / Math.max(1, data.rows())));
        try (RunWatch watch = new RunWatch(console, steps, _ -> sample(samples), this::report, product::saved);
                Trainer trainer = new Trainer(
                        folder,
                        model.gemma(),
                        parameters,
                        model.kernels(),
                        model.workers(),
                        options,
                        flags.recompute(),
                        watch)) {
            Before before = before(trainer, heldOut, samples);
            Trainer.Outcome outcome;
            Interrupts interrupts = new Interrupts(
                    () -> {
                        console.note("interrupted: ending the step, then writing a checkpoint");
                        trainer.requestStop();
                    },
                    PATIENCE);
            try {
                outcome = trainer.run(source, heldOut, notes);
                if (outcome == Trainer.Outcome.STOPPED) {
                    console.note("stopped; go on with: jemma " + call.command() + " --resume " + path);
                }
            } finally {
                interrupts.close();
            }
            if (outcome == Trainer.Outcome.STOPPED) {
                return new Result(outcome, before.loss(), Optional.empty(), steps);
            }
            trainer.takeBest()
                    .ifPresent(step -> console.note("taking the weights of step " + step + ", which were the best"));
            product.finished();
            Optional<Double> after = heldOut.isEmpty() ? Optional.empty() : Optional.of(trainer.heldOutLoss(heldOut));
            save(before, after, Optional.of(samples.write()));
            return new Result(outcome, before.loss(), after, steps);
        }
    }

    /** What the model was before its first step; an interrupted run has it in its folder. */
    private record Before(Optional<Double> loss, List<String> prompts, List<String> answers) {}

    private Before before(Trainer trainer, List<PackedBatch> heldOut, RunSamples samples) {
        Path file = path.resolve(RESULT);
        if (Files.exists(file)) {
            Json json = Json.read(file);
            Optional<Double> loss = json.find("held_out_loss_before").map(Json::asDouble);
            return new Before(loss, texts(json, "prompts"), texts(json, "answers_before"));
        }
        Optional<Double> loss = heldOut.isEmpty() ? Optional.empty() : Optional.of(trainer.heldOutLoss(heldOut));
        loss.ifPresent(
                value -> console.note(String.format(Locale.ROOT, "before the first step: held-out loss %.4f", value)));
        Before before = new Before(loss, samples.prompts(), samples.write());
        save(before, Optional.empty(), Optional.empty());
        return before;
    }

    private static List<String> texts(Json json, String key) {
        return json.get(key).items().stream().map(Json::asString).toList();
    }

    private void save(Before before, Optional<Double> after, Optional<List<String>> answers) {
        Map<String, Object> json = new LinkedHashMap<>();
        before.loss().ifPresent(loss -> json.put("held_out_loss_before", loss));
        after.ifPresent(loss -> json.put("held_out_loss_after", loss));
        json.put("prompts", before.prompts());
        json.put("answers_before", before.answers());
        answers.ifPresent(list -> json.put("answers_after", list));
        JsonText.write(path.resolve(RESULT), json);
    }

    private static List<String> sample(RunSamples samples) {
        List<String> prompts = samples.prompts();
        List<String> answers = samples.write();
        return IntStream.range(0, prompts.size())
                .mapToObj(i -> prompts.get(i) + " ⟶ " + answers.get(i))
                .toList();
    }

    private void report() {
        RunReport.read(path).writeHtml();
    }

    /** Steps that fit into a time, by the time of the first batches; nothing is changed by them. */
    private long stepsIn(double minutes, Packing packing) {
        BatchSource source = data.source(packing, Long.MAX_VALUE / 2, flags.seed());
        long best = Long.MAX_VALUE;
        try (GradientPass pass =
                new GradientPass(model.gemma(), parameters, model.kernels(), model.workers(), flags.recompute())) {
            long end = System.nanoTime() + (long) (minutes * 60e9 * MOST_TIMING);
            for (int i = 0; (i < TIMED_BATCHES || System.nanoTime() < end) && source.hasNext(); i++) {
                List<PackedBatch> batch = List.of(source.next());
                long start = System.nanoTime();
                pass.gradients(batch);
                best = Math.min(best, System.nanoTime() - start);
            }
        }
        if (best == Long.MAX_VALUE) {
            throw new JemmaException("the data has no batch to train on");
        }
        double seconds = best / 1e9 * flags.accumulate() * OVERHEAD;
        return Math.max(1, (long) (minutes * 60 / seconds));
    }

    /** The report in its last form. */
    List<Path> reports() {
        RunReport report = RunReport.read(path);
        List<Path> written = new ArrayList<>();
        written.add(report.writeHtml());
        written.add(report.writePng());
        return written;
    }
}
