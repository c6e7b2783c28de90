package dev.jemma.serve;

import dev.jemma.infer.Engine;
import dev.jemma.serve.protocol.ApiException;
import java.util.function.Supplier;

/** Bounds how many requests wait for a model: beyond it a client is told to come again rather than kept waiting. */
final class Queues {
    private static final int LONGEST_SECONDS = 60;

    private final int most;

    Queues(int most) {
        this.most = most;
    }

    /**
     * Submits jobs if there is room for all of them.
     *
     * @throws ApiException 429 if there is not
     */
    <T> T enter(Models.Choice choice, int jobs, Supplier<T> submit) {
        Engine engine = choice.model().engine();
        synchronized (choice.entry()) { // one counts and submits at a time, so the bound holds
            int waiting = engine.waiting();
            int free =
                    Math.max(0, engine.options().maxSequences() - engine.stats().sequences());
            if (waiting + jobs > most + free) {
                int seconds = 1 + waiting / engine.options().maxSequences();
                throw ApiException.busy(
                        "the queue is full: " + waiting + " requests wait, and at most " + most
                                + " may; come again later, or with fewer prompts at once",
                        Math.min(LONGEST_SECONDS, seconds));
            }
            return submit.get();
        }
    }
}
