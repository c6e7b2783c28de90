package dev.jemma.model;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.RopeTable;
import dev.jemma.kernel.Span;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Computes at once: packed weights, paged KV cache, scratch memory that is used again. Bound to a batch by
 * {@link #begin}; one thread drives it and the workers share the arithmetic.
 */
public final class InferenceOps implements Ops, AutoCloseable {
    private static final int EMBED_ROWS_PER_CHUNK = 16;

    private final GemmaConfig config;
    private final Kernels kernels;
    private final Workers workers;
    private final Precision precision;
    private final KvCache cache;
    private final Workspace workspace = new Workspace();
    private final Projections projections = new Projections();
    private Batch batch = new Batch(new int[0], new int[0], List.of());
    private Probe probe = Probe.NONE;

    public InferenceOps(GemmaConfig config, Kernels kernels, Workers workers, Precision precision, KvCache cache) {
        this.config = config;
        this.kernels = kernels;
        this.workers = workers;
        this.precision = precision;
        this.cache = cache;
    }

    /** Binds the next forward pass; results of the last one become invalid. */
    public InferenceOps begin(Batch next, Probe watcher) {
        batch = next;
        probe = watcher;
        workspace.flip();
        return this;
    }

    @Override
    public Tensor embed(Linear table, float scale) {
        Matrix rows = Projections.packed(table);
        int d = rows.cols();
        Tensor x = workspace.tensor(batch.rows(), d);
        MemorySegment data = x.data();
        int[] tokens = batch.tokens();
        workers.run(Math.ceilDiv(tokens.length, EMBED_ROWS_PER_CHUNK), (chunk, _) -> {
            int end = Math.min(tokens.length, (chunk + 1) * EMBED_ROWS_PER_CHUNK);
            for (int t = chunk * EMBED_ROWS_PER_CHUNK; t < end; t++) {
                rows.row(tokens[t], data, x.offset(t, 0));
                for (int i = 0; i < d; i++) {
                    x.set(t, i, x.get(t, i) * scale);
                }
            }
        });
        return x;
    }

    @Override
    public Tensor rmsNorm(Tensor x, Tensor weight) {
        Tensor out = workspace.tensor(x.rows(), x.cols());
        int groups = x.rows() * (x.cols() / weight.cols());
        Tensor from = workspace.view(x, groups, weight.cols()); // [n · heads, hd] where heads have a norm of their own
        kernels.rmsNorm(workers, from, weight, config.rmsNormEps(), workspace.view(out, groups, weight.cols()));
        return out;
    }

    @Override
    public List<Tensor> linear(Tensor x, List<Linear> weights) {
        return product(x, projections.matrices(weights));
    }

    @Override
    public Tensor linear(Tensor x, Linear weight) {
        return product(x, projections.matrices(weight)).getFirst();
    }

    private List<Tensor> product(Tensor x, List<Matrix> matrices) {
        List<Tensor> outputs = projections.outputs(workspace, x.rows(), matrices);
        kernels.linear(workers, x, matrices, outputs, precision);
        return outputs;
    }

    @Override
    public Tensor geglu(Tensor x, Linear gate, Linear up) {
        List<Tensor> both = product(x, projections.matrices(gate, up));
        Tensor out = both.getFirst();
        kernels.geglu(workers, both.get(0), both.get(1), out);
        return out;
    }

    @Override
    public Tensor rope(Tensor x, RopeTable table) {
        // In place: x is fresh from a projection or a norm and nobody else reads it.
        kernels.rope(workers, x, 2 * table.half(), table, batch.positions());
        return x;
    }

    @Override
    public Tensor attention(int layer, AttentionShape shape, Tensor q, Tensor k, Tensor v) {
        KvBlocks blocks = cache.blocks(layer);
        List<Span> spans = batch.spans().get(cache.group(layer));
        kernels.storeKv(workers, shape, blocks, spans, k, v);
        Tensor out = workspace.tensor(q.rows(), q.cols());
        kernels.attention(workers, shape, blocks, spans, q, out);
        return out;
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        Tensor out = workspace.tensor(a.rows(), a.cols());
        kernels.add(workers, a, b, out);
        return out;
    }

    @Override
    public Tensor softcap(Tensor x, float cap) {
        kernels.softcap(workers, x, cap);
        return x;
    }

    @Override
    public Tensor rows(Tensor x, int[] rows) {
        Tensor out = workspace.tensor(rows.length, x.cols());
        for (int i = 0; i < rows.length; i++) {
            MemorySegment.copy(x.data(), x.offset(rows[i], 0), out.data(), out.offset(i, 0), 4L * x.cols());
        }
        return out;
    }

    @Override
    public void beginLayer(int layer) {
        workspace.flip();
    }

    @Override
    public void mark(String name, Tensor x) {
        probe.step(name, x);
    }

    @Override
    public void close() {
        workspace.close();
    }
}
