package dev.jemma.cli;

import dev.jemma.train.TrainObserver;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** A run as people see it: one line that moves, and remarks. */
final class RunWatch implements TrainObserver, AutoCloseable {
    private final Console console;
    private final dev.jemma.cli.Progress bar;
    private final LongFunction<List<String>> samples;
    private final Runnable looked;
    private final Consumer<Boolean> saved;
    private boolean begun;

    /**
     * @param samples what goes into the run's samples of a step; empty for none
     * @param looked called after each look at held-out data
     * @param saved called after each checkpoint, with whether it is the best so far
     */
    RunWatch(
            Console console, long steps, LongFunction<List<String>> samples, Runnable looked, Consumer<Boolean> saved) {
        this.console = console;
        this.samples = samples;
        this.looked = looked;
        this.saved = saved;
        bar = console.progress("training", steps, dev.jemma.cli.Progress.Unit.of("steps"));
    }

    @Override
    public void stepped(Progress progress) {
        if (!begun) {
            begun = true;
            bar.resumeAt(progress.step() - 1);
        }
        bar.label(String.format(
                Locale.ROOT,
                "loss %.3f, %,.0f tokens/s, %s%s",
                progress.loss(),
                progress.tokensPerSecond(),
                Units.bytes(progress.memoryBytes()),
                progress.skipped() ? ", skipped" : ""));
        bar.at(progress.step());
    }

    @Override
    public void evaluated(long step, double loss, boolean best) {
        console.note(String.format(
                Locale.ROOT,
                "step %,d: held-out loss %.4f (perplexity %,.2f)%s",
                step,
                loss,
                Math.exp(loss),
                best ? ", the best so far" : ""));
        looked.run();
    }

    @Override
    public void saved(long step, boolean best) {
        saved.accept(best);
    }

    @Override
    public void note(String line) {
        console.note(line);
    }

    @Override
    public Optional<String> sample(long step) {
        List<String> lines = samples.apply(step);
        return lines.isEmpty() ? Optional.empty() : Optional.of(String.join("\n\n", lines) + "\n");
    }

    @Override
    public void close() {
        bar.label("training");
        bar.close();
    }
}
