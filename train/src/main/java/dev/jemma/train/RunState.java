package dev.jemma.train;

import dev.jemma.data.Cursor;
import dev.jemma.format.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Where a run stands beside its weights and its optimizer.
 *
 * @param step steps that were made
 * @param optimizerSteps of them, those that changed something
 * @param tokens rows that were computed
 * @param meanLoss running mean of the loss; infinite before the first step
 * @param bestLoss best held-out loss; infinite before the first look
 * @param bestStep step of that loss
 * @param looksSinceBest looks at the held-out data since then
 * @param cursor where the data goes on
 */
record RunState(
        long step,
        long optimizerSteps,
        long tokens,
        double meanLoss,
        double bestLoss,
        OptionalLong bestStep,
        int looksSinceBest,
        Cursor cursor) {
    private static final double MEMORY = 0.9; // of the running mean

    static RunState start(Cursor cursor) {
        return new RunState(
                0, 0, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, OptionalLong.empty(), 0, cursor);
    }

    RunState stepped(double loss, long rows, boolean skipped, Cursor next) {
        double mean = Double.isInfinite(meanLoss) ? loss : MEMORY * meanLoss + (1 - MEMORY) * loss;
        return new RunState(
                step + 1,
                optimizerSteps + (skipped ? 0 : 1),
                tokens + rows,
                skipped ? meanLoss : mean,
                bestLoss,
                bestStep,
                looksSinceBest,
                next);
    }

    RunState evaluated(double loss) {
        boolean better = loss < bestLoss;
        return new RunState(
                step,
                optimizerSteps,
                tokens,
                meanLoss,
                better ? loss : bestLoss,
                better ? OptionalLong.of(step) : bestStep,
                better ? 0 : looksSinceBest + 1,
                cursor);
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("step", step);
        json.put("optimizer_steps", optimizerSteps);
        json.put("tokens", tokens);
        if (Double.isFinite(meanLoss)) {
            json.put("mean_loss", meanLoss);
        }
        bestStep.ifPresent(best -> {
            json.put("best_loss", bestLoss);
            json.put("best_step", best);
        });
        json.put("looks_since_best", looksSinceBest);
        json.put("cursor", cursor.toJson());
        return json;
    }

    static RunState of(Json json) {
        return new RunState(
                json.get("step").asLong(),
                json.get("optimizer_steps").asLong(),
                json.get("tokens").asLong(),
                json.real("mean_loss").orElse(Double.POSITIVE_INFINITY),
                json.real("best_loss").orElse(Double.POSITIVE_INFINITY),
                json.integer("best_step"),
                json.get("looks_since_best").asInt(),
                Cursor.fromJson(json.get("cursor").asString()));
    }
}
