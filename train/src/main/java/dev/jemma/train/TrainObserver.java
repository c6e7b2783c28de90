package dev.jemma.train;

import java.util.Optional;

/** Watches a run. Called on the thread that trains. */
public interface TrainObserver {
    /** Watches nothing. */
    TrainObserver NONE = new TrainObserver() {};

    /**
     * Where a run stands after a step.
     *
     * @param step steps that were made, from 1
     * @param steps of the whole run
     * @param loss of this step
     * @param learningRate of this step
     * @param gradientNorm before clipping
     * @param skipped whether the loss had jumped and nothing was changed
     * @param tokens rows that were computed so far in the run
     * @param tokensPerSecond rows a second over the last steps, this one included
     * @param secondsLeft at that speed
     * @param memoryBytes of parameters, gradients, optimizer and activations
     */
    record Progress(
            long step,
            long steps,
            double loss,
            double learningRate,
            double gradientNorm,
            boolean skipped,
            long tokens,
            double tokensPerSecond,
            double secondsLeft,
            long memoryBytes) {}

    /** A step was made. */
    default void stepped(Progress progress) {}

    /** The held-out loss was computed; {@code best} tells whether it is the best so far. */
    default void evaluated(long step, double loss, boolean best) {}

    /**
     * A checkpoint was written; the model has its weights.
     *
     * @param best whether no step before had a better held-out loss, as far as the run has looked
     */
    default void saved(long step, boolean best) {}

    /** Something that a person should know, in one line. */
    default void note(String line) {}

    /** Text that the model of this step writes, kept in the run's {@code samples}; empty for none. */
    default Optional<String> sample(long step) {
        return Optional.empty();
    }
}
