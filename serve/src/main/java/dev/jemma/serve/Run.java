package dev.jemma.serve;

import dev.jemma.infer.CacheScope;
import dev.jemma.infer.Completion;
import dev.jemma.infer.EngineClosedException;
import dev.jemma.infer.EngineException;
import dev.jemma.infer.GeneratedToken;
import dev.jemma.infer.Generation;
import dev.jemma.infer.GenerationRequest;
import dev.jemma.infer.LanguageModel;
import dev.jemma.serve.protocol.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The generations of one HTTP request, between the engine's thread, which never waits for a client, and the
 * connection's. What the connection's thread has not taken yet is kept up to a limit; beyond it the reader counts as gone
 * and the generations are cancelled.
 */
final class Run implements AutoCloseable {
    /** What happened. */
    sealed interface Event {
        /** A token of an answer. */
        record Token(int request, GeneratedToken token) implements Event {}

        /** All answers of a request are complete. */
        record Done(int request, List<Completion> answers) implements Event {}

        /** A request failed. */
        record Failed(Throwable cause) implements Event {}

        /** The reader lagged behind too far. */
        record Overrun() implements Event {}
    }

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final AtomicInteger kept = new AtomicInteger();
    private final List<Generation> generations = new ArrayList<>();
    private final int limit;
    private final boolean streams;
    private volatile boolean overrun;
    private volatile boolean cancelled;
    private volatile long firstTokenNanos;

    private Run(boolean streams, int limit) {
        this.streams = streams;
        this.limit = limit;
    }

    /**
     * Submits the requests.
     *
     * @param streams whether tokens are wanted as they come
     * @param limit tokens that may be kept
     * @throws ApiException if one of them cannot run; then none does
     */
    static Run start(
            LanguageModel model, CacheScope scope, List<GenerationRequest> requests, boolean streams, int limit) {
        Run run = new Run(streams, limit);
        try {
            for (GenerationRequest request : requests) {
                run.submit(model, scope, request);
            }
        } catch (EngineClosedException e) {
            run.close();
            throw ApiException.stopping();
        } catch (EngineException e) {
            run.close();
            throw ApiException.tooLong("", ApiException.words(e));
        } catch (RuntimeException | Error e) {
            run.close();
            throw e;
        }
        return run;
    }

    private void submit(LanguageModel model, CacheScope scope, GenerationRequest request) {
        int index = generations.size();
        Generation generation = model.engine().submit(request, scope, token -> token(index, token));
        synchronized (generations) {
            generations.add(generation);
        }
        var _ = generation.future().whenComplete((answers, failure) -> {
            if (failure != null) {
                events.add(new Event.Failed(failure));
            } else {
                events.add(new Event.Done(index, answers));
            }
        });
    }

    /** On the engine's thread: must not wait. */
    private void token(int index, GeneratedToken token) {
        if (firstTokenNanos == 0) {
            firstTokenNanos = System.nanoTime();
        }
        if (!streams || overrun) {
            return;
        }
        if (kept.incrementAndGet() > limit) {
            overrun = true;
            events.add(new Event.Overrun());
            cancel();
        } else {
            events.add(new Event.Token(index, token));
        }
    }

    /** The next event; empty if none comes in time. */
    Optional<Event> next(long nanos) throws InterruptedException {
        Event event = events.poll(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        if (event instanceof Event.Token) {
            kept.decrementAndGet();
        }
        return Optional.ofNullable(event);
    }

    /** When the first token came, if one did. */
    Optional<Long> firstTokenNanos() {
        return firstTokenNanos == 0 ? Optional.empty() : Optional.of(firstTokenNanos);
    }

    /** Prompt tokens that were cached. */
    int cachedTokens() {
        synchronized (generations) {
            return generations.stream().mapToInt(Generation::cachedTokens).sum();
        }
    }

    /** Ends all generations within a step of the engine. */
    void cancel() {
        cancelled = true;
        synchronized (generations) {
            generations.forEach(Generation::cancel);
        }
    }

    /** Whether they were ended early. */
    boolean isCancelled() {
        return cancelled;
    }

    @Override
    public void close() {
        cancel();
    }
}
