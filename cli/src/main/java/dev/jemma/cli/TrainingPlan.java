package dev.jemma.cli;

import dev.jemma.adapter.Adapters;
import dev.jemma.data.Packing;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.machine.Machine;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.LayerConfig;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.model.Weight;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Memory and time that a training run will take, computed from the model's shape and the machine's measured rate of
 * multiply-adds before anything is loaded.
 *
 * @param trained numbers that are trained
 * @param weightBytes of the model as it lies in memory
 * @param gradientBytes of what is trained
 * @param momentBytes of AdamW
 * @param activationBytes of a batch, and their gradients
 * @param logitBytes of a block of logits
 * @param multiplyAdds of a batch, forward and backward
 * @param rows of a batch
 * @param rate multiply-adds a second that this machine reaches at best
 */
record TrainingPlan(
        long trained,
        long weightBytes,
        long gradientBytes,
        long momentBytes,
        long activationBytes,
        long logitBytes,
        double multiplyAdds,
        int rows,
        double rate) {
    /** Part of the rate that whole steps reach; the rest goes to memory, attention and what runs on one thread. */
    static final double REACHED = 0.6;

    private static final int LOGIT_ROWS = 128;
    private static final int FLOAT = Float.BYTES;

    /** The plan of fine-tuning a model on disk. */
    static TrainingPlan of(Path base, boolean full, int rank, Packing packing, boolean recompute, int threads) {
        try (ModelFiles files = ModelFiles.open(base)) {
            if (full) {
                return full(files.config(), packing, recompute, threads);
            }
            GemmaConfig config = files.config();
            long trained = Weight.all(config).stream()
                    .filter(w -> Adapters.ALL_MATRICES.contains(w.part()))
                    .mapToLong(w ->
                            rank * (w.shape(config).get(0) + w.shape(config).get(1)))
                    .sum();
            return of(
                    config, trained, ModelLoader.bytesToRead(files) + FLOAT * trained, 2, packing, recompute, threads);
        }
    }

    /** The plan of training all of a model. */
    static TrainingPlan full(GemmaConfig config, Packing packing, boolean recompute, int threads) {
        long trained = parameters(config);
        return of(config, trained, FLOAT * trained, 3, packing, recompute, threads);
    }

    private static TrainingPlan of(
            GemmaConfig config,
            long trained,
            long weightBytes,
            int passes,
            Packing packing,
            boolean recompute,
            int threads) {
        int rows = packing.rows();
        double forward = (double) rows * matrixElements(config) + attention(config, packing);
        return new TrainingPlan(
                trained,
                weightBytes,
                FLOAT * trained,
                2L * FLOAT * trained,
                (long) FLOAT * rows * activations(config, recompute),
                FLOAT * (long) Math.min(rows, LOGIT_ROWS) * config.vocabularySize(),
                forward * (passes + (recompute ? 1 : 0)),
                rows,
                MachineProbe.measure(threads).multiplyAddsPerSecond());
    }

    static long parameters(GemmaConfig config) {
        return Weight.all(config).stream().mapToLong(w -> elements(w, config)).sum();
    }

    private static long elements(Weight weight, GemmaConfig config) {
        return weight.shape(config).stream().reduce(1L, Math::multiplyExact);
    }

    private static long matrixElements(GemmaConfig config) {
        return Weight.all(config).stream()
                .filter(w -> !w.part().isNorm())
                .mapToLong(w -> elements(w, config))
                .sum();
    }

    /** Multiply-adds of scores and of weighted values. */
    private static double attention(GemmaConfig config, Packing packing) {
        double sum = 0;
        for (LayerConfig layer : config.layers()) {
            AttentionShape shape = layer.attention();
            double seen = packing.documentRows() / 2.0;
            if (shape.window() > 0) {
                seen = Math.min(seen, shape.window());
            }
            sum += 2 * packing.rows() * seen * shape.heads() * shape.headDim();
        }
        return sum;
    }

    /** Numbers of a row that stay until the way back: of every layer, or its input and one layer's. */
    private static long activations(GemmaConfig config, boolean recompute) {
        long d = config.hiddenSize();
        long all = 0;
        long largest = 0;
        for (LayerConfig layer : config.layers()) {
            AttentionShape shape = layer.attention();
            long q = (long) shape.heads() * shape.headDim();
            long kv = (long) shape.kvHeads() * shape.headDim();
            // residual twice, four norms, output, down; queries, keys, values; attended; gate, up, their product
            long one = 8 * d + 3 * q + 3 * kv + 3L * layer.feedForwardSize();
            all += recompute ? d : one;
            largest = Math.max(largest, one);
        }
        return all + 2 * largest; // gradients live for about a layer
    }

    /** All memory. */
    long bytes() {
        return weightBytes + gradientBytes + momentBytes + activationBytes + logitBytes;
    }

    /** Tokens a second, all of them trained; prompts cost less. */
    double tokensPerSecond() {
        return rows / (multiplyAdds / (rate * REACHED));
    }

    /** Two lines before a run. */
    List<String> lines() {
        long there = Machine.detect().memory().amount();
        String memory = String.format(
                Locale.ROOT,
                "plan: %s of memory (weights %s, gradients %s, moments %s, activations %s, logits %s)%s",
                Units.bytes(bytes()),
                Units.bytes(weightBytes),
                Units.bytes(gradientBytes),
                Units.bytes(momentBytes),
                Units.bytes(activationBytes),
                Units.bytes(logitBytes),
                bytes() > there
                        ? "; this machine has " + Units.bytes(there) + ": try --recompute, a shorter --sequence, LoRA"
                        : "");
        String time = String.format(
                Locale.ROOT,
                "plan: %,d trained numbers, about %,.0f tokens/s, %s a batch of %,d tokens (%.0f %% of %,.0f G"
                        + " multiply-adds/s)",
                trained,
                tokensPerSecond(),
                Units.duration(rows / tokensPerSecond()),
                rows,
                100 * REACHED,
                rate / 1e9);
        return List.of(memory, time);
    }
}
