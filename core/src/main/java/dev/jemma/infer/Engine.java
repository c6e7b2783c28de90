package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Adapter;
import dev.jemma.model.BoundAdapter;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.model.Gemma;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.KvCache;
import dev.jemma.model.Probe;
import dev.jemma.tokenizer.StreamDecoder;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The one engine that generates, scores and embeds for everybody. Any thread may submit; one thread of its own runs the
 * batches. Listeners are called on that thread and must be quick. Results do not depend on what else runs: same request,
 * same seed, same tokens.
 */
public final class Engine implements AutoCloseable {
    private final Gemma gemma;
    private final int vocabularySize;
    private final Supplier<StreamDecoder> decoders;
    private final EngineOptions options;
    private final KvCache cache;
    private final InferenceOps ops;
    private final Scheduler scheduler;
    private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();
    private final Object signal = new Object();
    private final Thread thread;
    private final IdentityHashMap<Adapter, BoundAdapter> bindings = new IdentityHashMap<>(); // guarded by itself
    private volatile Optional<Adapter> ownAdapter = Optional.empty();
    private volatile boolean closed;
    private volatile boolean ended; // the thread looks at the inbox once more after it has said so

    /**
     * @param vocabularySize ids that the tokenizer knows; rows of the embedding beyond them are never produced
     * @param decoders makes a fresh decoder for a stream of tokens
     */
    public Engine(
            Gemma gemma,
            EmbeddingHead head,
            int vocabularySize,
            Supplier<StreamDecoder> decoders,
            Kernels kernels,
            Workers workers,
            Precision precision,
            EngineOptions options) {
        this.gemma = gemma;
        this.vocabularySize = Math.min(vocabularySize, gemma.config().vocabularySize());
        this.decoders = decoders;
        this.options = options;
        cache = new KvCache(gemma.config(), options.kvType(), options.kvBudgetBytes());
        ops = new InferenceOps(gemma.config(), kernels, workers, precision, cache);
        Optional<Proposer> proposer = proposer(options, this.vocabularySize, workers, precision);
        Screening screening = new Screening(gemma, this.vocabularySize, kernels, workers, precision, options);
        scheduler = new Scheduler(
                gemma, head, this.vocabularySize, kernels, workers, cache, ops, proposer, screening, options);
        thread = Thread.ofPlatform().name("jemma-engine").daemon().start(this::run);
    }

    private static Optional<Proposer> proposer(
            EngineOptions options, int vocabularySize, Workers workers, Precision precision) {
        return switch (options.speculation()) {
            case Speculation.None _ -> Optional.empty();
            case Speculation.Lookup(int tokens) -> Optional.of(new PromptLookup(tokens));
            case Speculation.Draft(LanguageModel model, int tokens) ->
                Optional.of(model.draft(vocabularySize, workers, precision, options.maxBatchRows(), tokens));
        };
    }

    /** The adapter of requests that name none, from now on. */
    public void useAdapter(Adapter adapter) {
        binding(adapter);
        ownAdapter = Optional.of(adapter);
    }

    /**
     * Forgets an adapter that no new request will name. Requests that run with it go on; its matrices must stay until
     * they are done.
     */
    public void forget(Adapter adapter) {
        synchronized (bindings) {
            bindings.remove(adapter);
        }
        post(() -> scheduler.forget(adapter));
    }

    private void bind(Job job, Optional<Adapter> adapter, CacheScope scope) {
        job.bind(adapter.or(() -> ownAdapter).map(this::binding), scope);
    }

    private BoundAdapter binding(Adapter adapter) {
        synchronized (bindings) {
            BoundAdapter known = bindings.get(adapter);
            if (known == null) {
                try {
                    known = adapter.boundTo(gemma);
                } catch (IllegalArgumentException e) {
                    throw new EngineException(e.getMessage() + "; it was made for another model", e);
                }
                bindings.put(adapter, known);
            }
            return known;
        }
    }

    /** Limits in force. */
    public EngineOptions options() {
        return options;
    }

    /**
     * Starts a request; {@code listener} gets every token as it comes.
     *
     * @throws EngineException if it can never fit the context or the memory budget
     */
    public Generation submit(GenerationRequest request, Consumer<GeneratedToken> listener) {
        return submit(request, CacheScope.COMMON, listener);
    }

    /** As {@link #submit(GenerationRequest, Consumer)}, sharing cached beginnings within a scope only. */
    public Generation submit(GenerationRequest request, CacheScope scope, Consumer<GeneratedToken> listener) {
        if (gemma.config().embedsText()) {
            throw new EngineException("an embedding model does not generate text: use embed");
        }
        GenerationJob job = new GenerationJob(request, vocabularySize, decoders, listener);
        bind(job, request.adapter(), scope);
        if (request.samples() > options.maxSequences()) {
            throw new EngineException(request.samples() + " samples at once, but the engine runs at most "
                    + options.maxSequences() + " sequences");
        }
        enqueue(job);
        return new Generation(job, this::wake);
    }

    /** Scores one text; see {@link ScoreRequest}. Cancelling the future ends the work. */
    public CompletableFuture<ScoreResult> submit(ScoreRequest request) {
        return submit(request, CacheScope.COMMON);
    }

    /** As {@link #submit(ScoreRequest)}, sharing cached beginnings within a scope only. */
    public CompletableFuture<ScoreResult> submit(ScoreRequest request, CacheScope scope) {
        if (gemma.config().embedsText()) {
            throw new EngineException("an embedding model has no next-token probabilities: use embed");
        }
        ScoreJob job = new ScoreJob(request, vocabularySize);
        bind(job, request.adapter(), scope);
        enqueue(job);
        return job.future();
    }

    /** The vector of a text, of the model's full size and unit length, ids as the model wants them (bos, eos). */
    public CompletableFuture<float[]> embed(int[] ids) {
        if (ids.length == 0) {
            throw new EngineException("a text without a single token has no vector: its ids should begin with <bos>");
        }
        EmbeddingJob job = new EmbeddingJob(ids);
        bind(job, Optional.empty(), CacheScope.COMMON);
        enqueue(job);
        return job.future();
    }

    /** Scores several texts, in order, batched together. */
    public List<ScoreResult> score(List<ScoreRequest> requests) {
        return requests.stream().map(this::submit).toList().stream()
                .map(Generation::await)
                .toList();
    }

    /** Watches every step of every forward pass from now on. */
    public void probe(Probe watcher) {
        post(() -> scheduler.probe(watcher));
    }

    /** What it is doing and has done, as of its last step. */
    public EngineStats stats() {
        return scheduler.stats();
    }

    /** Requests that wait to be admitted, now. */
    public int waiting() {
        return scheduler.waiting();
    }

    private void enqueue(Job job) {
        check(job);
        scheduler.announce();
        post(() -> {
            if (closed) {
                scheduler.renounce();
                job.cancelled(new EngineClosedException());
            } else {
                scheduler.submit(job);
            }
        });
        if (ended) { // it may have come too late for the last look
            job.cancelled(new EngineClosedException());
        }
    }

    private void check(Job job) {
        if (closed) {
            throw new EngineClosedException();
        }
        int prompt = job.prompt().length;
        if (job.maxLength() > options.contextLength()) {
            String asked = job instanceof GenerationJob
                    ? "the prompt has " + prompt + " tokens and " + (job.maxLength() - prompt) + " more may come, "
                    : "the text has " + prompt + " tokens, ";
            throw new EngineException(asked + "but the context holds " + options.contextLength()
                    + ": shorten it, ask for fewer tokens, or raise the context length");
        }
        for (int id : job.prompt()) {
            if (id < 0 || id >= gemma.config().vocabularySize()) {
                throw new EngineException("token id " + id + " is outside the vocabulary of "
                        + gemma.config().vocabularySize());
            }
        }
        long bytes = scheduler.mostBytes(job);
        if (bytes > options.kvBudgetBytes()) {
            throw new EngineException("the request can need " + (bytes >> 20)
                    + " MiB of keys and values, but the budget is " + (options.kvBudgetBytes() >> 20) + " MiB");
        }
    }

    private void post(Runnable message) {
        inbox.add(message);
        wake();
    }

    private void wake() {
        synchronized (signal) {
            signal.notifyAll();
        }
    }

    private void run() {
        while (true) {
            hear();
            if (closed) {
                scheduler.stopAll(new EngineClosedException());
                ended = true;
                hear();
                return;
            }
            if (scheduler.idle()) {
                sleep();
                continue;
            }
            try {
                scheduler.step();
            } catch (RuntimeException | Error e) { // never leave a caller waiting
                scheduler.stopAll(new EngineException("the engine failed: " + e, e));
            }
        }
    }

    private void hear() {
        for (Runnable message = inbox.poll(); message != null; message = inbox.poll()) {
            message.run();
        }
    }

    private void sleep() {
        synchronized (signal) {
            while (inbox.isEmpty() && !closed) {
                try {
                    signal.wait();
                } catch (InterruptedException e) {
                    closed = true; // nobody of ours interrupts this thread: somebody wants it to end
                }
            }
        }
    }

    /**
     * Stops within one step: running requests end as {@link FinishReason#CANCELLED} with the text they have, waiting
     * scores fail with an {@link EngineException}. Frees the KV cache.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        scheduler.close();
        ops.close();
        cache.close();
    }
}
