package dev.jemma.infer;

import dev.jemma.model.Adapter;
import dev.jemma.model.BoundAdapter;
import dev.jemma.tensor.Tensor;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A request inside the engine: which rows it wants to see, and what it makes of them. */
abstract sealed class Job permits GenerationJob, ScoreJob, EmbeddingJob {
    private volatile boolean cancelled;
    private Optional<BoundAdapter> binding = Optional.empty();

    /** The adapter that serves it; called before the job goes to the engine's thread. */
    final void bind(Optional<BoundAdapter> to) {
        binding = to;
    }

    /** The adapter that serves it, bound to the engine's model. */
    final Optional<BoundAdapter> binding() {
        return binding;
    }

    /** What its keys and values depend on beside its tokens. */
    final Optional<Adapter> adapter() {
        return binding.map(BoundAdapter::adapter);
    }

    /** The tokens that must be computed first. */
    abstract int[] prompt();

    /** Most tokens that one of its sequences will hold. */
    abstract int maxLength();

    /** Sequences it grows to. */
    abstract int sequences();

    /** First position whose output it needs; an equal beginning before it may come from the prefix cache. */
    abstract int firstWanted();

    /** Whether all tokens must go through the model in one pass. */
    boolean atOnce() {
        return false;
    }

    /** The result's future, to fail when something goes wrong. */
    abstract CompletableFuture<?> future();

    /** Everything ended early: hand out what there is. */
    abstract void cancelled(EngineException reason);

    final void cancel() {
        cancelled = true;
    }

    final boolean isCancelled() {
        return cancelled;
    }

    /** Logits of rows of a batch; valid during the call only. */
    record Logits(Tensor values, double[] logSumExp) {}
}
