package dev.jemma.cli;

import dev.jemma.data.Packing;
import dev.jemma.machine.Machine;
import dev.jemma.train.OptimizerChoice;
import dev.jemma.train.TrainOptions;
import dev.jemma.train.optimizer.Adafactor;
import dev.jemma.train.optimizer.AdamW;
import dev.jemma.train.optimizer.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The flags of every command that trains; a picocli mixin. What differs by command is in its {@link Defaults}. */
final class TrainFlags {
    private static final double WARMUP_SHARE = 0.05;
    private static final double DECAY_SHARE = 0.2; // of the steps, for wsd
    private static final double FLOOR = 0.1; // of the peak

    /**
     * What a command trains with if nobody says otherwise.
     *
     * @param rate peak of the learning rate
     * @param weightDecay of AdamW and Adafactor
     * @param beta2 AdamW's memory of the squares
     * @param sequence tokens that see each other
     * @param batch sequences of a batch
     * @param epochs times that the data is gone through
     * @param mostSteps limit of that
     */
    record Defaults(
            double rate, double weightDecay, double beta2, int sequence, int batch, double epochs, long mostSteps) {}

    @Option(names = "--out", paramLabel = "RUN", description = "The run's folder (default: runs/ and the time).")
    private Optional<Path> out = Optional.empty();

    @Option(
            names = "--resume",
            paramLabel = "RUN",
            description = "Go on with an interrupted run; nothing else is needed.")
    private Optional<Path> resume = Optional.empty();

    @Option(names = "--lr", paramLabel = "RATE", description = "Peak of the learning rate.")
    private Optional<Double> rate = Optional.empty();

    @Option(names = "--schedule", paramLabel = "SHAPE", description = "cosine (default), constant or wsd.")
    private String schedule = "cosine";

    @Option(
            names = "--warmup",
            paramLabel = "STEPS",
            description = "Steps of the rise (default: 5 %% of all, at least one).")
    private Optional<Long> warmup = Optional.empty();

    @Option(names = "--steps", paramLabel = "N", description = "Steps of the run.")
    private Optional<Long> steps = Optional.empty();

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Times to go through the data, if --steps is not given.")
    private Optional<Double> epochs = Optional.empty();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            description = "As many steps as fit into this time, by the speed of a first batch.")
    private Optional<Double> minutes = Optional.empty();

    @Option(names = "--batch", paramLabel = "N", description = "Sequences of a batch.")
    private Optional<Integer> batch = Optional.empty();

    @Option(names = "--accumulate", paramLabel = "N", description = "Batches of a step (default: 1).")
    private int accumulate = 1;

    @Option(names = "--sequence", paramLabel = "N", description = "Most tokens that see each other.")
    private Optional<Integer> sequence = Optional.empty();

    @Option(
            names = "--clip",
            paramLabel = "NORM",
            description = "Limit of the gradient's length (default: 1; 0: none).")
    private double clip = 1;

    @Option(names = "--weight-decay", paramLabel = "SHARE", description = "Decay of matrices.")
    private Optional<Double> weightDecay = Optional.empty();

    @Option(names = "--optimizer", paramLabel = "NAME", description = "adamw (default) or adafactor (less memory).")
    private String optimizer = "adamw";

    @Option(names = "--recompute", description = "Compute layers again on the way back: less memory, more time.")
    private boolean recompute;

    @Option(
            names = "--spike",
            paramLabel = "FACTOR",
            description = "Skip steps whose loss is this many times the mean.")
    private double spike;

    @Option(names = "--eval-data", paramLabel = "PATH", description = "Held-out data; repeat it for several.")
    private List<Path> evalData = new ArrayList<>();

    @Option(
            names = "--eval-split",
            paramLabel = "PART",
            description = "Hold out this part of the data (default: 0.05, or nothing with --eval-data).")
    private Optional<Double> evalSplit = Optional.empty();

    @Option(
            names = "--eval-batches",
            paramLabel = "N",
            description = "Look at no more than this many held-out batches at a time (default: 16).")
    private int evalBatches = 16;

    @Option(
            names = "--eval-every",
            paramLabel = "STEPS",
            description = "Steps between looks at held-out data (default: a tenth of the run).")
    private Optional<Long> evalEvery = Optional.empty();

    @Option(
            names = "--save-every",
            paramLabel = "STEPS",
            description = "Steps between checkpoints (default: as --eval-every).")
    private Optional<Long> saveEvery = Optional.empty();

    @Option(
            names = "--keep",
            paramLabel = "N",
            description = "Newest checkpoints to keep beside the best (default: 2).")
    private int keep = 2;

    @Option(
            names = "--early-stop",
            paramLabel = "LOOKS",
            description = "End after so many looks without a better held-out loss (default: never).")
    private int earlyStop;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "Write samples for this; repeat it for several.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--seed", paramLabel = "N", description = "Order of the data and beginnings (default: 1).")
    private long seed = 1;

    @Option(
            names = {"-t", "--threads"},
            paramLabel = "N",
            description = "Compute threads (default: as 'jemma doctor' shows). The result is the same.")
    private Optional<Integer> threads = Optional.empty();

    Optional<Path> out() {
        return out;
    }

    Optional<Path> resume() {
        return resume;
    }

    Optional<Double> minutes() {
        return minutes;
    }

    int accumulate() {
        return accumulate;
    }

    boolean recompute() {
        return recompute;
    }

    List<Path> evalData() {
        return List.copyOf(evalData);
    }

    double evalSplit() {
        return evalSplit.orElse(evalData.isEmpty() ? 0.05 : 0);
    }

    int evalBatches() {
        return evalBatches;
    }

    List<String> prompts() {
        return List.copyOf(prompts);
    }

    long seed() {
        return seed;
    }

    int threads() {
        return threads.orElseGet(() -> Machine.detect().threads().count());
    }

    int sequence(Defaults defaults) {
        return sequence.orElse(defaults.sequence());
    }

    Packing packing(Defaults defaults) {
        return Packing.of(sequence(defaults), batch.orElse(defaults.batch()));
    }

    /** Refuses what makes no sense, before any work. */
    void check(Defaults defaults) {
        List<String> given = new ArrayList<>();
        steps.ifPresent(_ -> given.add("--steps"));
        epochs.ifPresent(_ -> given.add("--epochs"));
        minutes.ifPresent(_ -> given.add("--minutes"));
        if (given.size() > 1) {
            throw new MisuseException(String.join(" and ", given) + " both say how long the run is; give one");
        }
        if (earlyStop > 0 && evalSplit() == 0 && evalData.isEmpty()) {
            throw new MisuseException("--early-stop needs held-out data: --eval-split or --eval-data");
        }
        atLeast("--steps", steps.orElse(1L), 1);
        atLeast("--batch", batch.orElse(1), 1);
        atLeast("--accumulate", accumulate, 1);
        atLeast("--sequence", sequence(defaults), 8);
        atLeast("--threads", threads(), 1);
        atLeast("--keep", keep, 1);
        atLeast("--eval-batches", evalBatches, 1);
        atLeast("--early-stop", earlyStop, 0);
        atLeast("--warmup", warmup.orElse(0L), 0);
        atLeast("--eval-every", evalEvery.orElse(0L), 0);
        atLeast("--save-every", saveEvery.orElse(0L), 0);
        positive("--epochs", epochs.orElse(1.0));
        positive("--minutes", minutes.orElse(1.0));
        positive("--lr", rate.orElse(1.0));
        notNegative("--clip", clip);
        notNegative("--spike", spike);
        notNegative("--weight-decay", weightDecay.orElse(0.0));
        choice(defaults);
        shape();
    }

    private static void atLeast(String flag, long value, long least) {
        if (value < least) {
            throw new MisuseException(flag + " is at least " + least + ", not " + value);
        }
    }

    private static void positive(String flag, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new MisuseException(flag + " is a number above 0, not " + value);
        }
    }

    private static void notNegative(String flag, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new MisuseException(flag + " is a number from 0 up, not " + value);
        }
    }

    /** Steps of the run, where no time is given: what {@code --steps} says, or the epochs make of the data. */
    long steps(Defaults defaults, long rows) {
        if (steps.isPresent()) {
            return steps.get();
        }
        double perStep = (double) packing(defaults).rows() * accumulate;
        long all = Math.max(1, (long) Math.ceil(rows * epochs.orElse(defaults.epochs()) / perStep));
        return epochs.isPresent() ? all : Math.min(all, defaults.mostSteps());
    }

    TrainOptions options(Defaults defaults, long total) {
        long look = evalEvery.orElse(Math.max(1, Math.ceilDiv(total, 10)));
        Schedule course = new Schedule(
                shape(),
                rate.orElse(defaults.rate()),
                warmup.orElseGet(() -> usualWarmup(total)),
                total,
                (long) (DECAY_SHARE * total),
                FLOOR);
        return TrainOptions.of(course)
                .withAccumulation(accumulate)
                .withOptimizer(choice(defaults))
                .withLoss(clip, 0, 0, spike)
                .withRhythm(look, earlyStop, saveEvery.orElse(look), keep);
    }

    /** A step of warm-up moves nothing the first time, so a run of one step has none; every other has at least one. */
    static long usualWarmup(long total) {
        return total == 1 ? 0 : Math.max(1, (long) (WARMUP_SHARE * total));
    }

    private Schedule.Shape shape() {
        return switch (schedule.toLowerCase(Locale.ROOT)) {
            case "cosine" -> Schedule.Shape.COSINE;
            case "constant" -> Schedule.Shape.CONSTANT;
            case "wsd" -> Schedule.Shape.WSD;
            default -> throw new MisuseException("--schedule is cosine, constant or wsd, not '" + schedule + "'");
        };
    }

    OptimizerChoice choice(Defaults defaults) {
        double decay = weightDecay.orElse(defaults.weightDecay());
        return switch (optimizer.toLowerCase(Locale.ROOT)) {
            case "adamw" -> new OptimizerChoice.Adam(new AdamW.Options(0.9, defaults.beta2(), 1e-8, decay));
            case "adafactor" -> new OptimizerChoice.Factored(Adafactor.Form.TRANSFORMERS, decay);
            default -> throw new MisuseException("--optimizer is adamw or adafactor, not '" + optimizer + "'");
        };
    }
}
