package dev.jemma.train.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.tensor.Tensor;
import dev.jemma.train.optimizer.GradientNorm;
import dev.jemma.train.tape.CrossEntropy;
import dev.jemma.train.tape.OutputHead;
import dev.jemma.train.tape.Parameter;
import dev.jemma.train.tape.Parameters;
import dev.jemma.train.tape.RecordingOps;
import dev.jemma.train.tape.RowLoss;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.function.Function;

/** A tiny model with everything that a training step needs. */
public final class Rig implements AutoCloseable {
    /** The kernels that the goldens are held against: the twin, and what this machine runs by default. */
    public static final String[] PROVIDERS = {"scalar", ""};

    public final Kernels kernels;
    public final Workers workers;
    public final Arena arena = Arena.ofShared();
    public final Gemma gemma;
    public final Parameters parameters;
    public final RecordingOps ops;
    public final OutputHead head;

    public Rig(String model, String provider, int threads, boolean recompute, Function<Rig, Parameters> trained) {
        this(Goldens.path("models/" + model), true, provider, threads, recompute, trained);
    }

    /** A model of any file, its matrices decoded or as they are. */
    public Rig(
            Path model,
            boolean masters,
            String provider,
            int threads,
            boolean recompute,
            Function<Rig, Parameters> trained) {
        kernels = kernels(provider);
        workers = new WorkerPool(threads);
        gemma = load(model, masters);
        parameters = trained.apply(this);
        ops = new RecordingOps(gemma.config(), kernels, workers, parameters, recompute);
        head = new OutputHead(gemma, ops);
    }

    /** All weights trained. */
    public static Rig full(String model, String provider) {
        return new Rig(model, provider, 2, false, rig -> Parameters.full(rig.gemma));
    }

    public static Kernels kernels(String provider) {
        String before = System.getProperty(KernelProviders.PROPERTY, "");
        System.setProperty(KernelProviders.PROPERTY, provider.isEmpty() ? before : provider);
        try {
            return KernelProviders.choose();
        } finally {
            System.setProperty(KernelProviders.PROPERTY, before);
        }
    }

    private Gemma load(Path model, boolean masters) {
        try (ModelFiles files = ModelFiles.open(model)) {
            ModelLoader loader = new ModelLoader(files, kernels, workers, arena, _ -> {});
            return (masters ? loader.asMasters() : loader).load(EmbeddingScale.EXACT);
        }
    }

    /** Gradients of a batch, added to what is there. */
    public double run(PackedBatch batch, int[] rows, RowLoss loss) {
        Tensor hidden = gemma.hidden(ops.begin(batch));
        double value = head.lossAndGradient(hidden, rows, loss);
        ops.backward();
        return value;
    }

    /** Mean cross-entropy of a batch and its gradients. */
    public double mean(PackedBatch batch) {
        return run(
                batch, Goldens.counted(batch), new CrossEntropy(Goldens.targets(batch), 1.0 / batch.trainedTokens()));
    }

    public double norm() {
        return GradientNorm.of(kernels, workers, parameters.all()).value();
    }

    public float[] gradient(String name) {
        Parameter p = parameters.named(name).orElseThrow();
        return p.read(p.gradient());
    }

    public float[] values(String name) {
        Parameter p = parameters.named(name).orElseThrow();
        return p.read(p.values());
    }

    /** Logits of the first rows of a batch. */
    public float[] logits(PackedBatch batch, int rows) {
        Tensor hidden = gemma.hidden(ops.begin(batch));
        Tensor logits = gemma.logits(ops, hidden.slice(0, rows));
        float[] all = new float[rows * logits.cols()];
        for (int r = 0; r < rows; r++) {
            System.arraycopy(logits.row(r), 0, all, r * logits.cols(), logits.cols());
        }
        return all;
    }

    /** Holds a parameter's gradient or values against shape, length and samples of the reference. */
    public static void assertSummary(Json summary, String name, float[] actual, double share, double floor) {
        Json expected = summary.get(name);
        double tolerance = Math.max(share * expected.get("absmax").asDouble(), floor);
        double[] samples = Goldens.doubles(expected.get("sample"));
        double l2 = 0;
        for (float v : actual) {
            l2 += (double) v * v;
        }
        assertThat(Math.sqrt(l2))
                .as("length of %s", name)
                .isCloseTo(expected.get("l2").asDouble(), within(tolerance * Math.sqrt(actual.length)));
        for (int k = 0; k < samples.length; k++) {
            int at = (int) ((long) k * (actual.length - 1) / 15);
            assertThat((double) actual[at]).as("%s [%d]", name, at).isCloseTo(samples[k], within(tolerance));
        }
    }

    /** Holds all gradients against a summary. */
    public void assertGradients(Json summary) {
        assertThat(summary.keys()).hasSameSizeAs(parameters.all());
        for (Parameter p : parameters.all()) {
            assertSummary(summary, p.name(), p.read(p.gradient()), 5e-5, 0);
        }
    }

    @Override
    public void close() {
        head.close();
        ops.close();
        parameters.close();
        workers.close();
        arena.close();
    }
}
