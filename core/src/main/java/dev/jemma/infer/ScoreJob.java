package dev.jemma.infer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Collects log-probabilities of given tokens. */
final class ScoreJob extends Job {
    private final ScoreRequest request;
    private final int vocabularySize;
    private final CompletableFuture<ScoreResult> future = new CompletableFuture<>();
    private final float[] logprobs;
    private final boolean[] greedy;
    private final List<List<TokenLogprob.Alternative>> top;

    ScoreJob(ScoreRequest request, int vocabularySize) {
        this.request = request;
        this.vocabularySize = vocabularySize;
        int targets = request.ids().length - request.firstTarget();
        logprobs = new float[targets];
        greedy = new boolean[targets];
        top = new ArrayList<>(Collections.nCopies(targets, List.of()));
    }

    @Override
    int[] prompt() {
        return request.ids();
    }

    @Override
    int maxLength() {
        return request.ids().length;
    }

    @Override
    int sequences() {
        return 1;
    }

    @Override
    int firstWanted() {
        return request.firstTarget() - 1;
    }

    /** Takes the logits after {@code position}; several threads may bring different positions at once. */
    void accept(int position, Logits logits, int row) {
        int target = position + 1 - request.firstTarget();
        if (target < 0 || target >= logprobs.length) {
            return;
        }
        int id = request.ids()[position + 1];
        float logit = logits.values().get(row, id);
        logprobs[target] = (float) (logit - logits.logSumExp()[row]);
        List<TokenLogprob.Alternative> best = TopTokens.of(logits, row, vocabularySize, Math.max(1, request.top()));
        greedy[target] = best.getFirst().id() == id;
        if (request.top() > 0) {
            top.set(target, best);
        }
    }

    void complete() {
        future.complete(new ScoreResult(logprobs, greedy, List.copyOf(top)));
    }

    @Override
    CompletableFuture<ScoreResult> future() {
        return future;
    }

    @Override
    void cancelled(EngineException reason) {
        future.completeExceptionally(reason);
    }
}
