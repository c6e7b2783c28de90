package dev.jemma.cli;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.convert.WeightChange;
import dev.jemma.format.SafetensorsFile;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.model.Adapter;
import dev.jemma.model.ModelFiles;
import dev.jemma.train.CheckpointChoice;
import dev.jemma.train.TrainedRun;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What was learned about a model: an adapter in PEFT's form, or a checkpoint of a run. */
sealed interface Learned {
    /** A folder with an adapter. */
    record Peft(Path folder) implements Learned {}

    /** A run, at one of its checkpoints. */
    record Run(TrainedRun run) implements Learned {}

    /** What is opened of it; the change holds as long. */
    record Opened(WeightChange change, Runnable closing) implements AutoCloseable {
        @Override
        public void close() {
            closing.run();
        }
    }

    /** What a folder holds. */
    static Learned in(Path folder, CheckpointChoice choice) {
        if (!Files.isDirectory(folder)) {
            throw new MisuseException(folder + " is no folder; name an adapter in PEFT's form or a training run");
        }
        return TrainedRun.isIn(folder) ? new Run(TrainedRun.open(folder, choice)) : new Peft(folder);
    }

    /** {@code best}, {@code last} or the number of a step. */
    static CheckpointChoice checkpoint(String text) {
        return switch (text) {
            case "best" -> new CheckpointChoice.Best();
            case "last" -> new CheckpointChoice.Last();
            default -> {
                if (!text.matches("\\d{1,18}")) {
                    throw new MisuseException("--checkpoint is best, last or the number of a step, not '" + text + "'");
                }
                yield new CheckpointChoice.AtStep(Long.parseLong(text));
            }
        };
    }

    /** Where it lies. */
    default Path path() {
        return switch (this) {
            case Peft(Path folder) -> folder;
            case Run(TrainedRun run) -> run.folder();
        };
    }

    /** Whether it is an adapter rather than all weights. */
    default boolean isAdapter() {
        return switch (this) {
            case Peft _ -> true;
            case Run(TrainedRun run) -> run.adapter().isPresent();
        };
    }

    /** The adapter for a model; empty if all weights were trained. */
    default Optional<Adapter> adapter(ModelFiles base, Arena arena) {
        return switch (this) {
            case Peft(Path folder) ->
                Optional.of(AdapterFolder.read(folder, base.config(), KernelProviders.choose(), arena));
            case Run(TrainedRun run) ->
                run.adapter()
                        .map(scaling -> AdapterFolder.read(
                                run.weights(),
                                String.valueOf(run.folder().getFileName()),
                                scaling,
                                base.config(),
                                KernelProviders.choose(),
                                arena));
        };
    }

    /** Opens it for a model. */
    @SuppressWarnings("MustBeClosedChecker") // what is returned closes the arena
    default Opened open(ModelFiles base) {
        Arena arena = Arena.ofShared();
        try {
            Optional<Adapter> adapter = adapter(base, arena);
            if (adapter.isPresent()) {
                return new Opened(new WeightChange.Merged(adapter.get()), arena::close);
            }
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
        arena.close();
        return switch (this) {
            case Run(TrainedRun run) -> {
                SafetensorsFile weights = SafetensorsFile.open(run.weights());
                yield new Opened(new WeightChange.Trained(weights), weights::close);
            }
            case Peft(Path folder) -> throw new IllegalStateException(folder + " is an adapter");
        };
    }
}
