package dev.jemma.cli;

import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a run makes: {@code RUN/model} or {@code RUN/adapter}, ready for every other command. It is written at every
 * checkpoint, so that a run can be tried while it goes on and an end by force takes nothing but the steps since: the best
 * so far under its name, the newest beside it as {@code …-last} where it is not the best.
 */
final class RunProduct {
    private static final String LAST = "-last";

    private final Path run;
    private final String name;
    private final Consumer<Path> write;

    /**
     * @param name of the folder in the run's
     * @param write writes what the model is now into an empty or new folder
     */
    RunProduct(Path run, String name, Consumer<Path> write) {
        this.run = run;
        this.name = name;
        this.write = write;
        Target.recover(path());
        Target.recover(last());
    }

    /** Where it is. */
    Path path() {
        return run.resolve(name);
    }

    private Path last() {
        return run.resolve(name + LAST);
    }

    /** Writes the weights of a checkpoint, which the model has now. */
    void saved(boolean best) {
        write(best ? path() : last());
        if (best) {
            Target.remove(last()); // older than the best, and so neither
        }
    }

    /** Writes the weights that the run has chosen in the end. */
    void finished() {
        write(path());
    }

    private void write(Path target) {
        Target.folder(target, run.resolve("checkpoints"), true, write);
    }
}
