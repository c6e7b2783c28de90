package dev.jemma.train;

import dev.jemma.JemmaException;
import dev.jemma.data.BatchSource;
import dev.jemma.data.Cursor;
import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.format.JsonText;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.train.optimizer.GradientNorm;
import dev.jemma.train.optimizer.Optimizer;
import dev.jemma.train.optimizer.StateTensor;
import dev.jemma.train.tape.Parameter;
import dev.jemma.train.tape.Parameters;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The loop of a training run: batches, gradients, step, metrics, evaluation, checkpoints. A run that was interrupted, even
 * by a loss of power, goes on from its newest checkpoint with the same bits that it would have had without: the state is
 * weights, optimizer, place in the data and a few numbers, and sums do not depend on threads. One thread drives it;
 * {@link #requestStop} may come from any.
 */
public final class Trainer implements AutoCloseable {
    static final String WEIGHTS = "weights";
    private static final String OPTIMIZER = "optimizer";
    private static final Cursor NOWHERE = new Cursor("", 0, 0, 0, List.of(), List.of());

    /** How a run ended. */
    public enum Outcome {
        /** All steps were made, or the data ended. */
        FINISHED,
        /** It was asked to stop; it goes on from where it was. */
        STOPPED,
        /** The held-out loss had not improved for as long as the options allow. */
        NO_BETTER
    }

    private final RunFolder folder;
    private final Checkpoints checkpoints;
    private final Parameters parameters;
    private final Kernels kernels;
    private final Workers workers;
    private final TrainOptions options;
    private final TrainObserver observer;
    private final GradientPass pass;
    private final Optimizer optimizer;
    private final Speed speed = new Speed();
    /** Steps of the newest checkpoint that is known to be whole; −1 if there is none. */
    private long savedStep = -1;

    private RunState reached = RunState.start(NOWHERE);

    private volatile boolean stopRequested;

    /**
     * A run over a model and what of it is trained. Nothing is written before {@link #run}.
     *
     * @param recompute compute layers again on the way back, for less memory
     */
    public Trainer(
            RunFolder folder,
            Gemma gemma,
            Parameters parameters,
            Kernels kernels,
            Workers workers,
            TrainOptions options,
            boolean recompute,
            TrainObserver observer) {
        this.folder = folder;
        this.parameters = parameters;
        this.kernels = kernels;
        this.workers = workers;
        this.options = options;
        this.observer = observer;
        checkpoints = new Checkpoints(folder.checkpoints());
        pass = new GradientPass(gemma, parameters, kernels, workers, recompute);
        optimizer = options.optimizer().create(kernels, workers, parameters.all());
    }

    /** Asks the run to write a checkpoint and end after the step that it is in. */
    public void requestStop() {
        stopRequested = true;
    }

    /**
     * Starts the run, or goes on with it if its folder holds a checkpoint.
     *
     * @param data what is trained on; it is set to where the run stands
     * @param heldOut what is only looked at, the same batches at each look; may be empty
     * @param notes further lines of {@code config.yaml}: what model, what data
     * @throws TrainException if the loss is no number any more, a batch has nothing to learn from, the folder belongs to
     *     a run with other options, or nothing can be written; the message names the last good state
     */
    public Outcome run(BatchSource data, Iterable<PackedBatch> heldOut, Map<String, Object> notes) {
        checkpoints.clean();
        reached = resume(data);
        Map<String, Object> config = new LinkedHashMap<>(options.describe());
        config.put("trained_parameters", parameters.count());
        config.put("checkpoint_every", options.checkpointEvery());
        config.put("keep", options.keep());
        config.putAll(notes);
        folder.config(config);
        long total = options.schedule().total();
        while (reached.step() < total) {
            if (stopRequested) {
                save(reached);
                return Outcome.STOPPED;
            }
            if (!data.hasNext()) {
                observer.note("the data ends after step " + reached.step() + " of " + total);
                reached = evaluate(reached, heldOut);
                save(reached);
                return Outcome.FINISHED;
            }
            RunState state = step(reached, data);
            boolean last = state.step() == total;
            boolean look = last || due(state.step(), options.evaluateEvery());
            if (look) {
                state = evaluate(state, heldOut);
            }
            reached = state;
            boolean noBetter = options.patience() > 0 && state.looksSinceBest() >= options.patience();
            // the best checkpoint can only be kept if there is one
            boolean isBest = look && state.bestStep().orElse(-1) == state.step();
            if (last || noBetter || isBest || due(state.step(), options.checkpointEvery())) {
                save(state);
            }
            if (noBetter && !last) {
                observer.note("the held-out loss has not improved for " + options.patience() + " looks; the best was "
                        + state.bestLoss() + " after step " + state.bestStep().orElse(0));
                return Outcome.NO_BETTER;
            }
        }
        return Outcome.FINISHED;
    }

    /**
     * Makes steps without resuming, looks at held-out data, or checkpoints: to see how long they take and what memory they
     * need. The weights change; metrics go to the folder as ever.
     *
     * @param steps at most; fewer if the data ends
     */
    public void rehearse(BatchSource data, long steps) {
        RunState state = RunState.start(data.cursor());
        while (state.step() < steps && data.hasNext()) {
            state = step(state, data);
        }
    }

    private static boolean due(long step, long every) {
        return every > 0 && step % every == 0;
    }

    private RunState resume(BatchSource data) {
        Optional<Checkpoints.Found> found = checkpoints.newest(observer);
        if (found.isEmpty()) {
            folder.cutMetrics(0);
            return RunState.start(data.cursor());
        }
        Checkpoints.Found checkpoint = found.get();
        requireSameOptions(checkpoint.state().get("options"));
        RunState state = RunState.of(checkpoint.state());
        Checkpoints.read(checkpoint.path(), WEIGHTS, weights());
        Checkpoints.read(checkpoint.path(), OPTIMIZER, optimizer.state());
        parameters.all().forEach(Parameter::refresh);
        optimizer.resume(state.optimizerSteps());
        data.seek(state.cursor());
        folder.cutMetrics(checkpoint.state().get("metrics_bytes").asLong());
        savedStep = state.step();
        observer.note("going on after step " + state.step());
        return state;
    }

    private void requireSameOptions(Json before) {
        Json now = Json.parse(JsonText.compact(options.describe()), "these options");
        for (String key : now.keys()) {
            Object was = before.find(key).map(Json::raw).orElse("nothing");
            Object is = now.get(key).raw();
            if (!was.equals(is)) {
                throw new TrainException(folder.path() + " holds a run with " + key + " = " + shown(was) + ", not "
                        + shown(is) + "; go on with the same options or choose a new folder");
            }
        }
    }

    private static String shown(Object value) {
        return new String(JsonText.compact(value), StandardCharsets.UTF_8);
    }

    private RunState step(RunState state, BatchSource data) {
        List<PackedBatch> batches = new ArrayList<>();
        int rows = 0;
        for (int i = 0; i < options.accumulation() && data.hasNext(); i++) {
            PackedBatch batch = data.next();
            if (batch.trainedTokens() == 0) {
                throw new TrainException("step " + (state.step() + 1) + ": a batch of " + batch.rows()
                        + " tokens has none to learn from; check the data's schema and length limit" + lastGood());
            }
            batches.add(batch);
            rows += batch.rows();
        }
        double loss = pass.gradients(batches, options.smoothing(), options.zLoss());
        GradientNorm norm = GradientNorm.of(kernels, workers, parameters.all());
        if (!Double.isFinite(loss) || !Double.isFinite(norm.value())) {
            throw new TrainException(
                    "step " + (state.step() + 1) + ": the loss is " + loss + " and the gradient's norm " + norm.value()
                            + "; nothing was changed by it. Lower the learning rate or clip harder" + lastGood());
        }
        boolean skipped = options.spikeFactor() > 0 && loss > options.spikeFactor() * state.meanLoss();
        double rate = options.schedule().at(state.step());
        if (skipped) {
            observer.note("step " + (state.step() + 1) + " is skipped: its loss " + loss + " is more than "
                    + options.spikeFactor() + " times the mean " + state.meanLoss());
        } else {
            optimizer.step(rate, norm.clipFactor(options.clip()));
        }
        RunState next = state.stepped(loss, rows, skipped, data.cursor());
        report(next, loss, rate, norm.value(), skipped, rows);
        return next;
    }

    private void report(RunState state, double loss, double rate, double norm, boolean skipped, int rows) {
        speed.add(rows);
        long steps = options.schedule().total();
        double left = speed.secondsPerStep() * (steps - state.step());
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", state.step());
        line.put("loss", loss);
        line.put("learning_rate", rate);
        line.put("gradient_norm", norm);
        line.put("tokens", state.tokens());
        if (skipped) {
            line.put("skipped", true);
        }
        line.put("tokens_per_second", speed.tokensPerSecond());
        line.put("memory_bytes", bytes());
        folder.metric(line);
        observer.stepped(new TrainObserver.Progress(
                state.step(),
                steps,
                loss,
                rate,
                norm,
                skipped,
                state.tokens(),
                speed.tokensPerSecond(),
                left,
                bytes()));
    }

    private RunState evaluate(RunState state, Iterable<PackedBatch> heldOut) {
        RunState next = state;
        if (heldOut.iterator().hasNext()) {
            double loss = heldOutLoss(heldOut);
            next = state.evaluated(loss);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("step", state.step());
            line.put("held_out_loss", loss);
            folder.metric(line);
            observer.evaluated(state.step(), loss, next.looksSinceBest() == 0);
        }
        observer.sample(state.step()).ifPresent(text -> folder.sample(state.step(), text));
        speed.restart();
        return next;
    }

    /**
     * The mean negative log-likelihood of all targets, with the weights as they are now.
     *
     * @throws TrainException if there is no target
     */
    public double heldOutLoss(Iterable<PackedBatch> batches) {
        double sum = 0;
        long targets = 0;
        for (PackedBatch batch : batches) {
            sum += pass.lossSum(batch);
            targets += batch.trainedTokens();
        }
        if (targets == 0) {
            throw new TrainException("the held-out data has no token to predict");
        }
        return sum / targets;
    }

    private List<StateTensor> weights() {
        return parameters.all().stream()
                .map(p -> StateTensor.like(p, p.name(), p.values()))
                .toList();
    }

    private void save(RunState state) {
        if (savedStep == state.step()) {
            return; // nothing was done since
        }
        Map<String, List<StateTensor>> tensors = new LinkedHashMap<>();
        tensors.put(WEIGHTS, weights());
        tensors.put(OPTIMIZER, optimizer.state());
        Map<String, Object> json = state.toJson();
        parameters.adapter().ifPresent(adapter -> TrainedRun.describe(adapter, json));
        json.put("options", options.describe());
        json.put("metrics_bytes", folder.metricsBytes());
        try {
            checkpoints.write(state.step(), tensors, json);
        } catch (JemmaException e) {
            throw new TrainException(
                    "the checkpoint of step " + state.step() + " could not be written: " + e.getMessage() + lastGood(),
                    e);
        }
        savedStep = state.step();
        checkpoints.prune(options.keep(), state.bestStep());
        observer.saved(state.step(), state.bestStep().orElse(state.step()) == state.step());
        speed.restart();
    }

    /** The end of a message: what to go back to. */
    private String lastGood() {
        return savedStep < 0
                ? ". No checkpoint was written yet"
                : ". The last good state is " + checkpoints.path(savedStep) + "; the same command goes on from there";
    }

    /**
     * Takes the weights of the best checkpoint, if the run has looked at held-out data and one is kept; call it after
     * {@link #run}, to use the model. The run's folder does not change.
     *
     * @return the step of that checkpoint; empty if the weights are those of the last step
     */
    public OptionalLong takeBest() {
        OptionalLong best = reached.bestStep();
        if (best.isEmpty() || best.getAsLong() == reached.step() || !checkpoints.has(best.getAsLong())) {
            return OptionalLong.empty();
        }
        Checkpoints.read(checkpoints.path(best.getAsLong()), WEIGHTS, weights());
        parameters.all().forEach(Parameter::refresh);
        return best;
    }

    /** Bytes of parameters, gradients, optimizer, activations and blocks of logits. */
    public long bytes() {
        long values = parameters.all().stream()
                .mapToLong(p -> 2 * p.values().byteSize())
                .sum();
        return values + optimizer.bytes() + pass.bytes();
    }

    @Override
    public void close() {
        optimizer.close();
        pass.close();
    }
}
