package dev.jemma.train;

/** Which of a run's checkpoints is meant. */
public sealed interface CheckpointChoice {
    /** The one of the best held-out loss; the last of a run that looked at none. */
    record Best() implements CheckpointChoice {}

    /** The newest that is whole. */
    record Last() implements CheckpointChoice {}

    /**
     * The one of a step.
     *
     * @param step steps that were made before it
     */
    record AtStep(long step) implements CheckpointChoice {}
}
