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
import java.util.ArrayList;
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
        Matrix rows = packed(table);
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
        kernels.rmsNorm(workers, x, weight, config.rmsNormEps(), out);
        return out;
    }

    @Override
    public List<Tensor> linear(Tensor x, List<Linear> weights) {
        List<Tensor> outputs = new ArrayList<>(weights.size());
        for (Linear weight : weights) {
            outputs.add(workspace.tensor(x.rows(), weight.out()));
        }
        linear(x, weights, outputs, 0);
        return outputs;
    }

    /** As above, where row 0 of x is row {@code firstRow} of the batch: adapters belong to the batch's rows. */
    private void linear(Tensor x, List<Linear> weights, List<Tensor> outputs, int firstRow) {
        List<Matrix> matrices = new ArrayList<>(weights.size());
        for (Linear weight : weights) {
            matrices.add(packed(weight));
        }
        kernels.linear(workers, x, matrices, outputs, precision);
        for (Batch.Adapted rows : batch.adapted()) {
            int from = Math.max(0, rows.firstRow() - firstRow);
            int to = Math.min(x.rows(), rows.firstRow() + rows.rows() - firstRow);
            for (int i = 0; from < to && i < weights.size(); i++) {
                Optional<LowRank> addition = rows.adapter().of(weights.get(i));
                if (addition.isPresent()) {
                    add(addition.get(), x.slice(from, to), outputs.get(i).slice(from, to));
                }
            }
        }
    }

    /** {@code y += scale · B(A·x)} in float32, whatever the weight is: the arithmetic that the adapter was trained in. */
    private void add(LowRank addition, Tensor x, Tensor y) {
        Tensor inner = workspace.tensor(x.rows(), addition.rank()); // [n, r]
        Tensor outer = workspace.tensor(x.rows(), y.cols());
        kernels.linear(workers, x, List.of(packed(addition.a())), List.of(inner), Precision.EXACT);
        kernels.linear(workers, inner, List.of(packed(addition.b())), List.of(outer), Precision.EXACT);
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
        for (int row = 0; row < x.rows(); row += FEED_FORWARD_ROWS) {
            int end = Math.min(x.rows(), row + FEED_FORWARD_ROWS);
            workspace.beginWide();
            Tensor g = workspace.tensor(end - row, gate.out());
            Tensor u = workspace.tensor(end - row, up.out());
            linear(x.slice(row, end), List.of(gate, up), List.of(g, u), row);
            kernels.geglu(workers, g, u, g);
            linear(g, List.of(down), List.of(out.slice(row, end)), row);
            workspace.endWide();
        }
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

    private static Matrix packed(Linear weight) {
        if (weight instanceof Linear.Packed(Matrix matrix)) {
            return matrix;
        }
        throw new IllegalArgumentException(
                "inference computes packed weights, not " + weight.getClass().getSimpleName());
    }

    @Override
    public void close() {
        workspace.close();
    }
}
