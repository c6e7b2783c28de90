package dev.jemma.testing;

import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Span;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Batch;
import dev.jemma.model.EmbeddingHead;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.model.Gemma;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.KvCache;
import dev.jemma.model.ModelFiles;
import dev.jemma.model.ModelLoader;
import dev.jemma.model.Probe;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A loaded model without tokenizer and engine, for tests that look at hidden states and logits. */
public final class ModelRig implements AutoCloseable {
    public static final long KV_BYTES = 64L << 20;

    public final ModelFiles files;
    public final Kernels kernels = KernelProviders.choose();
    public final Workers workers = new WorkerPool(2);
    public final Gemma gemma;
    public final EmbeddingHead head;
    private final Arena arena = Arena.ofShared();

    private ModelRig(Path path, EmbeddingScale scale) {
        files = ModelFiles.open(path);
        ModelLoader loader = new ModelLoader(files, kernels, workers, arena, _ -> {});
        gemma = loader.load(scale);
        head = loader.loadHead();
    }

    /** Loads with the exact embedding factor, as the golden files of {@code models} were made. */
    public static ModelRig load(Path path) {
        return new ModelRig(path, EmbeddingScale.EXACT);
    }

    public static ModelRig load(Path path, EmbeddingScale scale) {
        return new ModelRig(path, scale);
    }

    /** What one pass over a text gives; rows are copies. */
    public record Pass(float[][] hidden, float[][] logits) {}

    /** Runs a whole text in one batch, with float32 activations. */
    public Pass run(int[] ids, Probe probe) {
        return run(ids, probe, Precision.EXACT);
    }

    /** Runs a whole text in one batch. */
    public Pass run(int[] ids, Probe probe, Precision precision) {
        try (KvCache cache = new KvCache(gemma.config(), KvType.F32, KV_BYTES);
                InferenceOps ops = new InferenceOps(gemma.config(), kernels, workers, precision, cache)) {
            Tensor hidden = gemma.hidden(ops.begin(whole(ids, cache), probe));
            float[][] states = copy(hidden);
            ops.beginLayer(0);
            return new Pass(states, copy(gemma.logits(ops, hidden)));
        }
    }

    private static Batch whole(int[] ids, KvCache cache) {
        int[] positions = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            positions[i] = i;
        }
        List<List<Span>> spans = new ArrayList<>();
        for (int g = 0; g < cache.groups(); g++) {
            int[] table = new int[(ids.length + 15) / 16];
            for (int b = 0; b < table.length; b++) {
                table[b] = cache.pool(g).allocate();
            }
            spans.add(List.of(new Span(0, ids.length, 0, table)));
        }
        return new Batch(ids, positions, spans);
    }

    private static float[][] copy(Tensor t) {
        float[][] rows = new float[t.rows()][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = t.row(i);
        }
        return rows;
    }

    @Override
    public void close() {
        workers.close();
        arena.close();
        files.close();
    }
}
