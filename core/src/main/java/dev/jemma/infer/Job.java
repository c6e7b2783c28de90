package dev.jemma.infer;

import dev.jemma.tensor.Tensor;
import java.util.concurrent.CompletableFuture;

/** A request inside the engine: which rows it wants to see, and what it makes of them. */
abstract sealed class Job permits GenerationJob, ScoreJob, EmbeddingJob {
    private volatile boolean cancelled;

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
