package dev.jemma.train;

import dev.jemma.train.optimizer.AdamW;
import dev.jemma.train.optimizer.Schedule;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How a run trains; the model, its parameters and its data are given apart.
 *
 * @param schedule learning rate of each step, and the number of steps
 * @param accumulation batches of a step; the loss is a mean over the targets of all of them
 * @param optimizer what turns gradients into changes
 * @param clip limit of the gradients' length; 0 for none
 * @param zLoss weight of the squared log-sum-exp; 0 for none
 * @param smoothing label smoothing; 0 for none
 * @param spikeFactor a step whose loss is more than this many times the running mean changes nothing; 0 for never
 * @param evaluateEvery steps from one look at the held-out data to the next; 0 for the end only
 * @param patience looks at the held-out data without a better loss after which the run ends; 0 for never
 * @param checkpointEvery steps from one checkpoint to the next; 0 for the end only
 * @param keep newest checkpoints that are kept, beside the best
 */
public record TrainOptions(
        Schedule schedule,
        int accumulation,
        OptimizerChoice optimizer,
        double clip,
        double zLoss,
        double smoothing,
        double spikeFactor,
        long evaluateEvery,
        int patience,
        long checkpointEvery,
        int keep) {
    public TrainOptions {
        if (accumulation < 1 || keep < 1 || evaluateEvery < 0 || checkpointEvery < 0 || patience < 0) {
            throw new IllegalArgumentException("accumulation " + accumulation + ", keep " + keep + ", evaluate every "
                    + evaluateEvery + ", checkpoint every " + checkpointEvery + ", patience " + patience
                    + ": accumulation and keep start at 1, the others at 0");
        }
    }

    /** AdamW, clipping at 1, checkpoints and evaluation every 100 steps, three checkpoints kept. */
    public static TrainOptions of(Schedule schedule) {
        return new TrainOptions(
                schedule, 1, new OptimizerChoice.Adam(AdamW.Options.DEFAULT), 1, 0, 0, 0, 100, 0, 100, 3);
    }

    /** The same with another accumulation. */
    public TrainOptions withAccumulation(int batches) {
        return new TrainOptions(
                schedule,
                batches,
                optimizer,
                clip,
                zLoss,
                smoothing,
                spikeFactor,
                evaluateEvery,
                patience,
                checkpointEvery,
                keep);
    }

    /** The same with another optimizer. */
    public TrainOptions withOptimizer(OptimizerChoice choice) {
        return new TrainOptions(
                schedule,
                accumulation,
                choice,
                clip,
                zLoss,
                smoothing,
                spikeFactor,
                evaluateEvery,
                patience,
                checkpointEvery,
                keep);
    }

    /** The same with other terms of the loss, and what to do with a step whose loss jumps. */
    public TrainOptions withLoss(double newClip, double newZLoss, double newSmoothing, double newSpikeFactor) {
        return new TrainOptions(
                schedule,
                accumulation,
                optimizer,
                newClip,
                newZLoss,
                newSmoothing,
                newSpikeFactor,
                evaluateEvery,
                patience,
                checkpointEvery,
                keep);
    }

    /** The same with another rhythm of evaluations and checkpoints. */
    public TrainOptions withRhythm(long newEvaluateEvery, int newPatience, long newCheckpointEvery, int newKeep) {
        return new TrainOptions(
                schedule,
                accumulation,
                optimizer,
                clip,
                zLoss,
                smoothing,
                spikeFactor,
                newEvaluateEvery,
                newPatience,
                newCheckpointEvery,
                newKeep);
    }

    /** What must not change when a run goes on, since the result depends on it. */
    public Map<String, Object> describe() {
        Map<String, Object> map = new LinkedHashMap<>();
        Map<String, Object> rate = new LinkedHashMap<>();
        rate.put("shape", schedule.shape().name().toLowerCase(Locale.ROOT));
        rate.put("peak", schedule.peak());
        rate.put("warmup_steps", schedule.warmup());
        rate.put("decay_steps", schedule.decay());
        rate.put("floor", schedule.floor());
        map.put("steps", schedule.total());
        map.put("learning_rate", rate);
        map.put("optimizer", optimizer.describe());
        map.put("accumulation", accumulation);
        map.put("clip", clip);
        map.put("z_loss", zLoss);
        map.put("label_smoothing", smoothing);
        map.put("spike_factor", spikeFactor);
        map.put("evaluate_every", evaluateEvery);
        map.put("patience", patience);
        return map;
    }
}
