package dev.jemma.cli;

import dev.jemma.adapter.Adapters;
import dev.jemma.cli.hub.ModelLocator;
import dev.jemma.data.BatchSource;
import dev.jemma.data.Cursor;
import dev.jemma.data.DataJob;
import dev.jemma.data.DataOptions;
import dev.jemma.data.Example;
import dev.jemma.data.Examples;
import dev.jemma.data.PackedBatch;
import dev.jemma.data.Packing;
import dev.jemma.data.Preparer;
import dev.jemma.machine.Machine;
import dev.jemma.model.Adapter;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.train.RunFolder;
import dev.jemma.train.TrainException;
import dev.jemma.train.TrainObserver;
import dev.jemma.train.TrainOptions;
import dev.jemma.train.Trainer;
import dev.jemma.train.optimizer.Schedule;
import dev.jemma.train.tape.Parameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The part of {@code jemma bench} that trains: steps of a {@link Trainer}, which are timed one by one. A step is one batch;
 * what it learns is thrown away.
 *
 * @param test what is trained, and on what
 * @param data the chats of {@link Test#CHATS}
 * @param recompute as the trainer has it
 * @param threads compute threads
 * @param warmUps steps that do not count
 * @param repetitions steps that do
 */
record TrainBench(
        Test test, Optional<Path> data, boolean recompute, int threads, int warmUps, int repetitions, long seed) {
    private static final int SEQUENCE = 512;
    private static final int RANK = 16;
    private static final double LEARNING_RATE = 1e-5;

    /** What can be measured. */
    enum Test {
        /** All weights in float32, AdamW, a sequence of random tokens a step. */
        FULL,
        /** A low-rank adapter on all linear layers of a model in the type of its file; the same sequences. */
        LORA,
        /** The adapter, on conversations packed into the rows of one sequence. */
        CHATS;

        static Test of(String name) {
            for (Test test : values()) {
                if (test.label().equals(name)) {
                    return test;
                }
            }
            throw new MisuseException("--train is full, lora or chats, not '" + name + "'");
        }

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A step that was timed.
     *
     * @param rows of its batch
     * @param targets of them that the loss counts
     * @param examples documents in the batch
     * @param bytes memory that training knows of
     */
    record Step(double seconds, int rows, int targets, int examples, double loss, long bytes) {}

    /**
     * What was found.
     *
     * @param tokensPerSecond rows of all steps by their time
     * @param examplesPerSecond documents of all steps by their time
     * @param productShare multiply-adds of the steps by their time, as a share of what this machine was measured to reach;
     *     empty for chats, where it depends on how many rows have a target
     * @param trainingBytes the most of it in a step: parameters, gradients, optimizer, activations
     * @param peakResidentBytes the most memory that the process held at any time, if the system tells
     */
    record Report(
            Environment environment,
            String model,
            String test,
            boolean recompute,
            double tokensPerSecond,
            double examplesPerSecond,
            Optional<Double> productShare,
            long trainingBytes,
            OptionalLong peakResidentBytes,
            List<Step> steps) {
        String text() {
            return String.format(
                    Locale.ROOT,
                    "%s, %s%s, %d threads: %.1f tokens/s, %.2f examples/s%s; training holds %s%s%n",
                    model,
                    test,
                    recompute ? " with recompute" : "",
                    environment.threads(),
                    tokensPerSecond,
                    examplesPerSecond,
                    productShare
                            .map(share -> String.format(Locale.ROOT, ", %.0f %% of peak multiply-adds", 100 * share))
                            .orElse(""),
                    Units.bytes(trainingBytes),
                    peakResidentBytes.isPresent()
                            ? ", peak resident memory " + Units.bytes(peakResidentBytes.getAsLong())
                            : "");
        }
    }

    Report run(Console console, ModelLocator.Located located) {
        Tokenizer tokenizer = Trainee.tokenizer(located.path());
        try (Trainee model = Trainee.open(console, located.path(), tokenizer, test == Test.FULL, threads)) {
            Watched source = new Watched(source(model));
            Path folder = temporary();
            try (Parameters parameters = parameters(model)) {
                return report(located, steps(source, folder, model, parameters));
            } finally {
                delete(folder);
            }
        }
    }

    private Report report(ModelLocator.Located located, List<Step> steps) {
        double seconds = steps.stream().mapToDouble(Step::seconds).sum();
        double rowsPerSecond = steps.stream().mapToInt(Step::rows).sum() / seconds;
        return new Report(
                Environment.of(threads, Optional.empty(), Optional.of(seed)),
                located.name(),
                test.label(),
                recompute,
                rowsPerSecond,
                steps.stream().mapToInt(Step::examples).sum() / seconds,
                test == Test.CHATS ? Optional.empty() : Optional.of(productShare(located.path(), rowsPerSecond)),
                steps.stream().mapToLong(Step::bytes).max().orElse(0),
                Machine.peakResidentBytes(),
                steps);
    }

    private double productShare(Path model, double rowsPerSecond) {
        TrainingPlan plan =
                TrainingPlan.of(model, test == Test.FULL, RANK, Packing.of(SEQUENCE, 1), recompute, threads);
        return rowsPerSecond * plan.multiplyAdds() / plan.rows() / plan.rate();
    }

    private Parameters parameters(Trainee model) {
        if (test == Test.FULL) {
            return Parameters.full(model.gemma());
        }
        Adapter adapter = Adapters.fresh(
                "bench",
                model.gemma().config(),
                new Adapter.Scaling(RANK, RANK, false),
                Adapters.ALL_MATRICES,
                seed,
                model.kernels(),
                model.arena());
        return Parameters.adapter(model.gemma(), adapter);
    }

    private List<Step> steps(Watched source, Path folder, Trainee model, Parameters parameters) {
        TrainOptions options = TrainOptions.of(Schedule.constant(LEARNING_RATE, Math.max(1, warmUps + repetitions)));
        List<Step> steps = new ArrayList<>();
        TrainObserver observer = new TrainObserver() {
            private long before = System.nanoTime();

            @Override
            public void stepped(Progress progress) {
                long now = System.nanoTime();
                PackedBatch batch = source.last;
                if (progress.step() > warmUps) {
                    steps.add(new Step(
                            (now - before) / 1e9,
                            batch.rows(),
                            batch.trainedTokens(),
                            batch.documents().size(),
                            progress.loss(),
                            progress.memoryBytes()));
                }
                before = System.nanoTime();
            }
        };
        try (Trainer trainer = new Trainer(
                RunFolder.open(folder),
                model.gemma(),
                parameters,
                model.kernels(),
                model.workers(),
                options,
                recompute,
                observer)) {
            trainer.rehearse(source, warmUps + repetitions);
        }
        return steps;
    }

    /** Passes batches on and remembers the last. */
    private static final class Watched implements BatchSource {
        private final BatchSource source;
        private PackedBatch last = new PackedBatch(new int[0], new int[0], List.of());

        Watched(BatchSource source) {
            this.source = source;
        }

        @Override
        public boolean hasNext() {
            return source.hasNext();
        }

        @Override
        public PackedBatch next() {
            last = source.next();
            return last;
        }

        @Override
        public Cursor cursor() {
            return source.cursor();
        }

        @Override
        public void seek(Cursor cursor) {
            source.seek(cursor);
        }
    }

    private BatchSource source(Trainee model) {
        Packing packing = Packing.of(SEQUENCE, 1);
        if (test != Test.CHATS) {
            SplittableRandom random = new SplittableRandom(seed);
            int vocabulary = model.gemma().config().vocabularySize();
            List<Example> examples = new ArrayList<>();
            for (int i = 0; i < warmUps + repetitions; i++) {
                // one more token than rows: the last is only a target
                examples.add(
                        Example.text(random.ints(SEQUENCE + 1, 0, vocabulary).toArray()));
            }
            return BatchSource.endless(Examples.of(examples), packing, seed);
        }
        Path chats = data.orElseThrow(() -> new MisuseException("--train chats needs --data FILE"));
        Tokenizer tokenizer = model.tokenizer();
        DataOptions options = DataOptions.builder().maxLength(SEQUENCE).build();
        DataJob job = new DataJob(List.of(chats), tokenizer, DataJob.templateOf(tokenizer), options, threads);
        List<Example> examples = new ArrayList<>();
        Preparer.run(job, (example, _) -> examples.add(example), (_, _) -> {});
        if (examples.isEmpty()) {
            throw new MisuseException(chats + " has no chat to train on");
        }
        return BatchSource.endless(Examples.of(examples), packing, seed);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("jemma-bench");
        } catch (IOException e) {
            throw new UncheckedIOException("no folder for temporary files", e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new TrainException(folder + " cannot be deleted: " + e, e);
        }
    }
}
