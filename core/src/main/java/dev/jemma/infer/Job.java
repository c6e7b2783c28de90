package dev.jemma.infer;

import dev.jemma.model.Adapter;
import dev.jemma.model.BoundAdapter;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A request inside the engine: which rows it wants to see, and what it makes of them. */
abstract sealed class Job permits GenerationJob, ScoreJob, EmbeddingJob {
    private volatile boolean cancelled;
    private Optional<BoundAdapter> binding = Optional.empty();
    private CacheScope scope = CacheScope.COMMON;
    private List<Suspended> suspended = List.of();
    private volatile int cachedTokens;
    private long arrival;
    private final long submittedNanos = System.nanoTime();
    private long startedNanos;
    private long firstTokenNanos;
    private int preemptions;
    private boolean told;

    /** A sequence that holds no memory: before it begins, or while it is preempted. */
    record Suspended(int sample, TokenHistory tokens) {}

    /** The sequences that admission starts. */
    final List<Suspended> toRun() {
        return suspended.isEmpty() ? List.of(new Suspended(0, new TokenHistory(prompt()))) : suspended;
    }

    /** Its sequences gave their memory back and will be computed again. */
    final void suspend(List<Suspended> sequences) {
        suspended = List.copyOf(sequences);
        preemptions++;
    }

    /** How often it gave its memory back. */
    final int preemptions() {
        return preemptions;
    }

    /** When it was submitted, first admitted and answered with a first token, by {@code System.nanoTime}; 0 for not yet. */
    record Times(long submitted, long started, long firstToken) {}

    final Times times() {
        return new Times(submittedNanos, startedNanos, firstTokenNanos);
    }

    /** A sequence of it was admitted, perhaps again. */
    final void started() {
        startedNanos = startedNanos == 0 ? System.nanoTime() : startedNanos;
    }

    /** It has its first token. */
    final void firstToken() {
        firstTokenNanos = System.nanoTime();
    }

    /** Whether it is over and nobody was told; true once. */
    final boolean toTell() {
        boolean now = !told && future().isDone();
        told |= now;
        return now;
    }

    /** Its place in the order of arrival; set once, on the engine's thread. */
    final void arrive(long number) {
        arrival = number;
    }

    final long arrival() {
        return arrival;
    }

    /** Prompt tokens that were in the prefix cache when it began. */
    final int cachedTokens() {
        return cachedTokens;
    }

    final void cached(int tokens) {
        cachedTokens = tokens;
    }

    /** The adapter that serves it; called before the job goes to the engine's thread. */
    final void bind(Optional<BoundAdapter> to, CacheScope in) {
        binding = to;
        scope = in;
    }

    /** Whose cached beginnings it may use. */
    final CacheScope scope() {
        return scope;
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
        return cancelled || future().isCancelled();
    }

    /** Logits of rows of a batch; valid during the call only. */
    record Logits(Tensor values, double[] logSumExp) {
        /** For a choice that nobody asks the probability of. */
        static final Logits NONE = new Logits(new Tensor(MemorySegment.NULL, 0, 0), new double[0]);
    }
}
