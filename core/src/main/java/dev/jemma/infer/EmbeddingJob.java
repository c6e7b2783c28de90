package dev.jemma.infer;

import dev.jemma.tensor.Tensor;
import java.util.concurrent.CompletableFuture;

/** Waits for the hidden states of a whole text and hands out its vector. */
final class EmbeddingJob extends Job {
    private final int[] ids;
    private final CompletableFuture<float[]> future = new CompletableFuture<>();

    EmbeddingJob(int[] ids) {
        this.ids = ids;
    }

    @Override
    int[] prompt() {
        return ids;
    }

    @Override
    int maxLength() {
        return ids.length;
    }

    @Override
    int sequences() {
        return 1;
    }

    @Override
    int firstWanted() {
        return 0;
    }

    @Override
    boolean atOnce() {
        return true; // attention looks both ways: every key must be there before the first query
    }

    void complete(Tensor vector) {
        future.complete(vector.row(0));
    }

    @Override
    CompletableFuture<float[]> future() {
        return future;
    }

    @Override
    void cancelled(EngineException reason) {
        future.completeExceptionally(reason);
    }
}
