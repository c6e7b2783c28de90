package dev.jemma.train;

import dev.jemma.data.PackedBatch;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.tensor.Tensor;
import dev.jemma.train.tape.CrossEntropy;
import dev.jemma.train.tape.OutputHead;
import dev.jemma.train.tape.Parameters;
import dev.jemma.train.tape.RecordingOps;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model over packed batches, there and back: losses, and the gradients of what is trained. It changes no weight; a
 * {@link Trainer} makes its steps of it, and whoever wants to know how long a batch takes times it.
 */
public final class GradientPass implements AutoCloseable {
    private final Gemma gemma;
    private final Parameters parameters;
    private final Workers workers;
    private final RecordingOps ops;
    private final OutputHead head;

    /** @param recompute compute layers again on the way back, for less memory */
    public GradientPass(Gemma gemma, Parameters parameters, Kernels kernels, Workers workers, boolean recompute) {
        this.gemma = gemma;
        this.parameters = parameters;
        this.workers = workers;
        ops = new RecordingOps(gemma.config(), kernels, workers, parameters, recompute);
        head = new OutputHead(gemma, ops);
    }

    /** The mean negative log-likelihood of all targets of these batches, whose gradients replace those before. */
    public double gradients(List<PackedBatch> batches) {
        return gradients(batches, 0, 0);
    }

    /**
     * The same with other terms of the loss.
     *
     * @param smoothing label smoothing; 0 for none
     * @param zLoss weight of the squared log-sum-exp; 0 for none
     */
    double gradients(List<PackedBatch> batches, double smoothing, double zLoss) {
        int targets = batches.stream().mapToInt(PackedBatch::trainedTokens).sum();
        parameters.clearGradients(workers);
        double loss = 0;
        for (PackedBatch batch : batches) {
            Tensor hidden = gemma.hidden(ops.begin(batch));
            CrossEntropy share = new CrossEntropy(targets(batch), 1.0 / targets, smoothing, zLoss);
            loss += head.lossAndGradient(hidden, countedRows(batch), share);
            ops.backward();
        }
        return loss;
    }

    /** The sum of the negative log-likelihoods of a batch's targets, without gradients. */
    double lossSum(PackedBatch batch) {
        Tensor hidden = gemma.hidden(ops.evaluate(batch));
        return head.loss(hidden, countedRows(batch), new CrossEntropy(targets(batch), 1));
    }

    private static int[] countedRows(PackedBatch batch) {
        return IntStream.range(0, batch.rows())
                .filter(r -> batch.targets()[r] >= 0)
                .toArray();
    }

    private static int[] targets(PackedBatch batch) {
        return IntStream.of(batch.targets()).filter(t -> t >= 0).toArray();
    }

    /** Bytes of activations and blocks of logits. */
    long bytes() {
        return ops.bytes() + head.bytes();
    }

    @Override
    public void close() {
        head.close();
        ops.close();
    }
}
