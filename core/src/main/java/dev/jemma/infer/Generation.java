package dev.jemma.infer;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A request that is being worked on. Safe for use by several threads. */
public final class Generation {
    private final GenerationJob job;
    private final Runnable wake;

    Generation(GenerationJob job, Runnable wake) {
        this.job = job;
        this.wake = wake;
    }

    /**
     * Waits for all continuations, in order. After {@link #cancel} they hold what there was.
     *
     * @throws EngineException if the request failed
     */
    public List<Completion> await() {
        return await(job.future());
    }

    /** Asks for an early end; {@link #await} then returns within one step of the engine. */
    public void cancel() {
        job.cancel();
        wake.run();
    }

    /** Completes when the request is done; completing or cancelling the returned future changes nothing. */
    public CompletableFuture<List<Completion>> future() {
        return job.future().copy();
    }

    /** Prompt tokens that were in the prefix cache when the request began; 0 before that. */
    public int cachedTokens() {
        return job.cachedTokens();
    }

    /** What guessing ahead brought so far; complete once the request is. */
    public SpeculationReport speculation() {
        return job.report();
    }

    static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new EngineException("the request failed: " + e.getMessage(), e);
        } catch (CancellationException e) {
            throw new EngineException("the request was cancelled", e);
        }
    }
}
