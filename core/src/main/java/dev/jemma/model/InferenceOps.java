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
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/**
 * Computes at once: packed weights, paged KV cache, scratch memory that is used again. Bound to a batch by
 * {@link #begin}; one thread drives it and the workers share the arithmetic.
 */
public final class InferenceOps implements Ops, AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int EMBED_ROWS_PER_CHUNK = 16;
    private static final int ADDED_ROWS_PER_CHUNK = 16;
    /** Rows of a prompt that go through a feed-forward together: many enough that its weights are read seldom. */
    private static final int FEED_FORWARD_ROWS = 128;

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
        return product(x, projections.matrices(weights), weights, 0);
    }

    @Override
    public Tensor linear(Tensor x, Linear weight) {
        Tensor out = workspace.tensor(x.rows(), weight.out());
        product(x, weight, out, 0);
        return out;
    }

    /** All weights at once, so that x is rounded once; row 0 of x is row {@code firstRow} of the batch. */
    private List<Tensor> product(Tensor x, List<Matrix> matrices, List<Linear> weights, int firstRow) {
        List<Tensor> outputs = projections.outputs(workspace, x.rows(), matrices);
        kernels.linear(workers, x, matrices, outputs, precision);
        if (!batch.adapted().isEmpty()) {
            for (int i = 0; i < weights.size(); i++) {
                adapt(x, weights.get(i), outputs.get(i), firstRow);
            }
        }
        return outputs;
    }

    private void product(Tensor x, Linear weight, Tensor out, int firstRow) {
        kernels.linear(workers, x, projections.matrices(weight), projections.list(out), precision);
        adapt(x, weight, out, firstRow);
    }

    /** Whether an adapter of the batch adds to a weight. */
    public boolean adapts(Linear weight) {
        List<Batch.Adapted> adapted = batch.adapted();
        for (int i = 0; i < adapted.size(); i++) {
            if (adapted.get(i).adapter().of(weight).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /** Adds what the adapters of the batch's rows say about a weight. */
    private void adapt(Tensor x, Linear weight, Tensor out, int firstRow) {
        List<Batch.Adapted> adapted = batch.adapted();
        for (int i = 0; i < adapted.size(); i++) {
            Batch.Adapted rows = adapted.get(i);
            int from = Math.max(0, rows.firstRow() - firstRow);
            int to = Math.min(x.rows(), rows.firstRow() + rows.rows() - firstRow);
            Optional<LowRank> addition = rows.adapter().of(weight);
            if (from < to && addition.isPresent()) {
                add(addition.get(), x.slice(from, to), out.slice(from, to));
            }
        }
    }

    /** {@code y += scale · B(A·x)} in float32, whatever the weight is: the arithmetic that the adapter was trained in. */
    private void add(LowRank addition, Tensor x, Tensor y) {
        Tensor inner = workspace.tensor(x.rows(), addition.rank()); // [n, r]
        Tensor outer = workspace.tensor(x.rows(), y.cols());
        kernels.linear(workers, x, List.of(Projections.packed(addition.a())), List.of(inner), Precision.EXACT);
        kernels.linear(workers, inner, List.of(Projections.packed(addition.b())), List.of(outer), Precision.EXACT);
        float scale = addition.scale();
        workers.run(Math.ceilDiv(x.rows(), ADDED_ROWS_PER_CHUNK), (chunk, _) -> {
            int from = chunk * ADDED_ROWS_PER_CHUNK;
            long end = y.offset(Math.min(x.rows(), from + ADDED_ROWS_PER_CHUNK), 0);
            for (long at = y.offset(from, 0); at < end; at += 4) {
                float sum =
                        Math.fma(scale, outer.data().get(FLOAT, at), y.data().get(FLOAT, at));
                y.data().set(FLOAT, at, sum);
            }
        });
    }

    /** Some rows at a time: the widest tensors of a model then take a fraction of the memory, and stay in caches. */
    @Override
    public Tensor feedForward(Tensor x, Linear gate, Linear up, Linear down) {
        Tensor out = workspace.tensor(x.rows(), down.out());
        if (x.rows() <= FEED_FORWARD_ROWS) {
            feedForward(x, gate, up, down, out, 0);
            return out;
        }
        for (int row = 0; row < x.rows(); row += FEED_FORWARD_ROWS) {
            int end = Math.min(x.rows(), row + FEED_FORWARD_ROWS);
            feedForward(x.slice(row, end), gate, up, down, out.slice(row, end), row);
        }
        return out;
    }

    private void feedForward(Tensor x, Linear gate, Linear up, Linear down, Tensor out, int firstRow) {
        workspace.beginWide();
        List<Tensor> both = projections.outputs(workspace, x.rows(), projections.matrices(gate, up));
        kernels.linear(workers, x, projections.matrices(gate, up), both, precision);
        Tensor g = both.get(0);
        Tensor u = both.get(1);
        adapt(x, gate, g, firstRow);
        adapt(x, up, u, firstRow);
        kernels.geglu(workers, g, u, g);
        product(g, down, out, firstRow);
        workspace.endWide();
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
