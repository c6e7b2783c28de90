package dev.jemma.infer;

import dev.jemma.infer.FlightEvents.RequestEvent;
import dev.jemma.infer.FlightEvents.StepEvent;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/** Writes events for a running recording. The one step event is used again and again, so that a token allocates none. */
final class FlightJournal implements Journal {
    private final StepEvent step = new StepEvent();

    @Override
    public void begin() {
        step.begin();
    }

    @Override
    public void step(List<Slice> slices, int promptRows, int preempted, EngineStats after) {
        if (slices.isEmpty() || !step.isEnabled()) {
            return;
        }
        step.end();
        if (!step.shouldCommit()) {
            return;
        }
        Slice last = slices.getLast();
        int guessed = 0;
        int right = 0;
        for (Slice slice : slices) {
            guessed += slice.guessed();
            right += slice.accepted();
        }
        step.rows = last.firstRow + last.rows;
        step.promptRows = promptRows;
        step.decodeRows = step.rows - promptRows - guessed;
        step.guessedRows = guessed;
        step.rightGuesses = right;
        step.sequences = slices.size();
        step.waiting = after.waiting();
        step.preempted = preempted;
        step.blocksHeld = after.blocksHeld();
        step.blocksCached = after.blocksCached();
        step.kvBytes = after.kvBytesUsed();
        step.commit();
    }

    @Override
    public void request(Job job) {
        RequestEvent event = new RequestEvent();
        if (!event.isEnabled()) {
            return;
        }
        Job.Times times = job.times();
        long now = System.nanoTime();
        long started = times.started() == 0 ? now : times.started();
        long first = times.firstToken() == 0 ? now : times.firstToken();
        event.kind = switch (job) {
            case GenerationJob _ -> "generate";
            case ScoreJob _ -> "score";
            case EmbeddingJob _ -> "embed";
        };
        event.outcome = outcome(job);
        event.promptTokens = job.prompt().length;
        event.cachedTokens = job.cachedTokens();
        event.generatedTokens = job instanceof GenerationJob ? generated(job.future()) : 0;
        event.preemptions = job.preemptions();
        event.queue = started - times.submitted();
        event.prefill = first - started;
        event.decode = now - first;
        event.commit();
    }

    private static String outcome(Job job) {
        CompletableFuture<?> future = job.future();
        if (future.isCompletedExceptionally()) {
            return job.isCancelled() ? "cancelled" : "failed";
        }
        return future.resultNow() instanceof List<?> all && all.getFirst() instanceof Completion completion
                ? completion.finishReason().name().toLowerCase(Locale.ROOT)
                : "done";
    }

    private static int generated(CompletableFuture<?> future) {
        int tokens = 0;
        if (!future.isCompletedExceptionally() && future.resultNow() instanceof List<?> all) {
            for (Object one : all) {
                tokens += one instanceof Completion completion ? completion.ids().length : 0;
            }
        }
        return tokens;
    }
}
