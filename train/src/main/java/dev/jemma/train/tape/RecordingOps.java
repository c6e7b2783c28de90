package dev.jemma.train.tape;

import dev.jemma.data.PackedBatch;
import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.Grid;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LinearGradients;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.RopeTable;
import dev.jemma.kernel.TrainingKernels;
import dev.jemma.kernel.Workers;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Linear;
import dev.jemma.model.LowRank;
import dev.jemma.model.Ops;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Computes a batch of packed documents in float32 and keeps a record, operation by operation, that {@link #backward} runs
 * in reverse (DESIGN 5.12). Between the two, whoever has a loss adds its gradient to {@link #gradient} of what the model
 * gave. Gradients of parameters add up over batches until they are cleared. One thread drives it.
 */
public final class RecordingOps implements Ops, AutoCloseable {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int EMBEDDING_COLUMNS = 64;

    private final GemmaConfig config;
    private final Kernels kernels;
    private final Workers workers;
    private final Parameters parameters;
    private final boolean recompute;
    private final Activations memory = new Activations();
    private final Gradients gradients;
    private final AttentionScratch scratch;
    private final TrainingKernels training;
    private final IdentityHashMap<RopeTable, RopeTable> inverse = new IdentityHashMap<>();
    private List<Runnable> tape = new ArrayList<>();
    private PackedBatch batch = new PackedBatch(new int[0], new int[0], List.of());
    private int[] positions = new int[0];
    /** Whether operations are recorded now. */
    private boolean recording;
    /** Whether there will be a backward pass. */
    private boolean backward;

    /**
     * @param parameters what gets gradients, and the adapter to compute with, if any
     * @param recompute keep only what goes into each layer, and run the layer again on the way back: less memory for a
     *     third more work
     */
    public RecordingOps(
            GemmaConfig config, Kernels kernels, Workers workers, Parameters parameters, boolean recompute) {
        this.config = config;
        this.kernels = kernels;
        this.workers = workers;
        training = kernels.training();
        this.parameters = parameters;
        this.recompute = recompute;
        gradients = new Gradients(kernels, workers);
        scratch = new AttentionScratch(workers.threads());
    }

    /** Binds the next forward pass, of which a backward pass will follow; the last one's results become invalid. */
    public RecordingOps begin(PackedBatch next) {
        return begin(next, true);
    }

    /** Binds a forward pass without gradients, which needs memory for one layer at a time. */
    public RecordingOps evaluate(PackedBatch next) {
        return begin(next, false);
    }

    private RecordingOps begin(PackedBatch next, boolean withBackward) {
        batch = next;
        positions = new int[next.rows()];
        Arrays.fill(positions, -1);
        for (PackedBatch.Document document : next.documents()) {
            for (int i = 0; i < document.rows(); i++) {
                positions[document.firstRow() + i] = i;
            }
        }
        for (int t = 0; t < positions.length; t++) {
            if (positions[t] < 0) {
                throw new IllegalArgumentException("row " + t + " of the batch belongs to no document");
            }
            if (next.tokens()[t] < 0 || next.tokens()[t] >= config.vocabularySize()) {
                throw new IllegalArgumentException("row " + t + " of the batch holds the token " + next.tokens()[t]
                        + ", but the vocabulary has " + config.vocabularySize());
            }
        }
        memory.reset();
        gradients.clear();
        tape.clear();
        backward = withBackward;
        recording = withBackward;
        return this;
    }

    /** The batch that is computed. */
    public PackedBatch batch() {
        return batch;
    }

    Kernels kernels() {
        return kernels;
    }

    Workers workers() {
        return workers;
    }

    Parameters parameters() {
        return parameters;
    }

    /** The gradient of a result, for a loss to add to: [as x], zeros at first. */
    public Tensor gradient(Tensor x) {
        return gradients.adding(x);
    }

    /** Takes the gradients of results back through all that was recorded, and adds those of the parameters. */
    public void backward() {
        if (!backward) {
            throw new IllegalStateException("nothing was recorded");
        }
        recording = false;
        backward = false;
        runBack(tape);
    }

    private static void runBack(List<Runnable> steps) {
        for (int i = steps.size() - 1; i >= 0; i--) {
            steps.get(i).run();
        }
        steps.clear();
    }

    /** Bytes of activations and their gradients. */
    public long bytes() {
        return memory.bytes() + gradients.bytes();
    }

    private void record(Runnable step) {
        if (recording) {
            tape.add(step);
        }
    }

    @Override
    public Tensor layer(int layer, Tensor x, UnaryOperator<Tensor> body) {
        if (recording && !recompute) {
            return body.apply(x);
        }
        boolean wasRecording = recording;
        recording = false;
        Tensor out = memory.tensor(x.rows(), x.cols());
        Activations.Mark mark = memory.mark();
        copy(body.apply(x), out);
        memory.release(mark);
        recording = wasRecording;
        record(() -> again(x, out, body));
        return out;
    }

    /** Runs a layer again, recorded, and goes back through it. */
    private void again(Tensor x, Tensor out, UnaryOperator<Tensor> body) {
        Optional<Tensor> gradient = gradients.take(out);
        if (gradient.isEmpty()) {
            return;
        }
        List<Runnable> outer = tape;
        List<Runnable> inner = new ArrayList<>();
        tape = inner;
        recording = true;
        Activations.Mark mark = memory.mark();
        Tensor result = body.apply(x);
        recording = false;
        tape = outer;
        gradients.add(result, gradient.get());
        gradients.release(gradient.get());
        runBack(inner);
        memory.release(mark);
    }

    private static void copy(Tensor from, Tensor to) {
        to.data().copyFrom(from.data().asSlice(0, 4L * from.rows() * from.cols()));
    }

    @Override
    public Tensor embed(Linear table, float scale) {
        Matrix rows = packed(table);
        int d = rows.cols();
        int[] tokens = batch.tokens();
        Tensor x = memory.tensor(tokens.length, d);
        workers.run(tokens.length, (t, _) -> {
            rows.row(tokens[t], x.data(), x.offset(t, 0));
            for (int i = 0; i < d; i++) {
                x.set(t, i, x.get(t, i) * scale);
            }
        });
        record(() -> gradients.take(x).ifPresent(dx -> {
            parameters.of(table).ifPresent(parameter -> addRows(dx, tokens, scale, parameter.gradientTransposed()));
            gradients.release(dx);
        }));
        return x;
    }

    /** Adds row t of {@code dx}, scaled, to the row of its token; split by columns, so that each sum keeps its order. */
    private void addRows(Tensor dx, int[] tokens, float scale, Grid gradient) {
        workers.run(Math.ceilDiv(dx.cols(), EMBEDDING_COLUMNS), (chunk, _) -> {
            int end = Math.min(dx.cols(), (chunk + 1) * EMBEDDING_COLUMNS);
            for (int t = 0; t < tokens.length; t++) {
                for (int i = chunk * EMBEDDING_COLUMNS; i < end; i++) {
                    long at = gradient.offset(i, tokens[t]);
                    float sum = Math.fma(scale, dx.get(t, i), gradient.data().get(FLOAT, at));
                    gradient.data().set(FLOAT, at, sum);
                }
            }
        });
    }

    @Override
    public Tensor rmsNorm(Tensor x, Tensor weight) {
        Tensor result = memory.tensor(x.rows(), x.cols());
        int groups = x.rows() * (x.cols() / weight.cols()); // each head of a row where heads have a norm of their own
        Tensor in = x.reshape(groups, weight.cols());
        Tensor out = result.reshape(groups, weight.cols());
        kernels.rmsNorm(workers, in, weight, config.rmsNormEps(), out);
        record(() -> gradients.take(out).ifPresent(dy -> {
            Gradients.Slot dx = gradients.into(in);
            Optional<Tensor> dWeight = parameters.ofNorm(weight).map(Parameter::normGradient);
            training.rmsNorm(workers, in, weight, config.rmsNormEps(), dy, dx.gradient(), dx.accumulate(), dWeight);
            gradients.release(dy);
        }));
        return result;
    }

    @Override
    public List<Tensor> linear(Tensor x, List<Linear> weights) {
        List<Matrix> matrices = new ArrayList<>(weights.size());
        List<Tensor> outputs = new ArrayList<>(weights.size());
        for (Linear weight : weights) {
            matrices.add(packed(weight));
            outputs.add(memory.tensor(x.rows(), weight.out()));
        }
        kernels.linear(workers, x, matrices, outputs, Precision.EXACT);
        for (int i = 0; i < weights.size(); i++) {
            Linear weight = weights.get(i);
            Tensor y = outputs.get(i);
            Optional<LowRank> addition = parameters.addition(weight);
            Optional<Tensor> inner = addition.map(lowRank -> add(lowRank, x, y));
            record(() -> gradients.take(y).ifPresent(dy -> {
                linearBackward(weight, x, dy);
                addition.ifPresent(lowRank -> additionBackward(lowRank, x, inner.orElseThrow(), dy));
                gradients.release(dy);
            }));
        }
        return outputs;
    }

    private void linearBackward(Linear weight, Tensor x, Tensor dy) {
        Gradients.Slot dx = gradients.into(x);
        LinearGradients.inputGradient(workers, kernels, dy, packed(weight), dx.gradient(), dx.accumulate());
        parameters
                .of(weight)
                .ifPresent(p -> LinearGradients.weightGradient(workers, kernels, x, dy, p.gradientTransposed(), true));
    }

    /** {@code y += scale·B(A·x)}; returns A·x [n, rank]. */
    private Tensor add(LowRank lowRank, Tensor x, Tensor y) {
        Tensor inner = memory.tensor(x.rows(), lowRank.rank());
        kernels.linear(workers, x, List.of(packed(lowRank.a())), List.of(inner), Precision.EXACT);
        Activations.Mark mark = memory.mark();
        Tensor outer = memory.tensor(y.rows(), y.cols());
        kernels.linear(workers, inner, List.of(packed(lowRank.b())), List.of(outer), Precision.EXACT);
        training.scale(workers, outer, lowRank.scale(), y, true);
        memory.release(mark);
        return inner;
    }

    private void additionBackward(LowRank lowRank, Tensor x, Tensor inner, Tensor dy) {
        Tensor dInner = gradients.scratch(inner.rows(), inner.cols());
        LinearGradients.inputGradient(workers, kernels, dy, packed(lowRank.b()), dInner, false);
        training.scale(workers, dInner, lowRank.scale(), dInner, false);
        parameters.of(lowRank.b()).ifPresent(b -> {
            Tensor scaled = gradients.scratch(inner.rows(), inner.cols());
            training.scale(workers, inner, lowRank.scale(), scaled, false);
            LinearGradients.weightGradient(workers, kernels, scaled, dy, b.gradientTransposed(), true);
            gradients.release(scaled);
        });
        linearBackward(lowRank.a(), x, dInner);
        gradients.release(dInner);
    }

    @Override
    public Tensor feedForward(Tensor x, Linear gate, Linear up, Linear down) {
        return linear(geglu(x, gate, up), down);
    }

    /** gelu(x·gateᵀ) ⊙ (x·upᵀ), tanh form: [T, ff]. */
    Tensor geglu(Tensor x, Linear gate, Linear up) {
        List<Tensor> both = linear(x, List.of(gate, up));
        Tensor g = both.get(0);
        Tensor u = both.get(1);
        Tensor out = memory.tensor(g.rows(), g.cols());
        kernels.geglu(workers, g, u, out);
        record(() -> gradients.take(out).ifPresent(dy -> {
            // nobody else uses gate and up, so their gradients are written, not added
            Tensor dGate = gradients.into(g).gradient();
            Tensor dUp = gradients.into(u).gradient();
            training.geglu(workers, g, u, dy, dGate, dUp);
            gradients.release(dy);
        }));
        return out;
    }

    @Override
    public Tensor rope(Tensor x, RopeTable table) {
        // In place, as is the way back: nobody reads what a projection or a norm gave before it was turned.
        kernels.rope(workers, x, 2 * table.half(), table, positions);
        record(() -> gradients
                .changing(x)
                .ifPresent(dx -> kernels.rope(workers, dx, 2 * table.half(), back(table), positions)));
        return x;
    }

    private RopeTable back(RopeTable table) {
        return inverse.computeIfAbsent(table, RopeTable::inverse);
    }

    @Override
    public Tensor attention(int layer, AttentionShape shape, Tensor q, Tensor k, Tensor v) {
        DocumentAttention attention = new DocumentAttention(workers, kernels, scratch, shape, batch.documents());
        Tensor out = memory.tensor(q.rows(), q.cols());
        Tensor logSumExp = memory.tensor(q.rows(), shape.heads());
        attention.forward(q, k, v, out, logSumExp);
        record(() -> gradients.take(out).ifPresent(dOut -> {
            Tensor dq = gradients.adding(q);
            Tensor dk = gradients.adding(k);
            Tensor dv = gradients.adding(v);
            attention.backward(q, k, v, out, logSumExp, dOut, dq, dk, dv);
            gradients.release(dOut);
        }));
        return out;
    }

    @Override
    public Tensor add(Tensor a, Tensor b) {
        Tensor out = memory.tensor(a.rows(), a.cols());
        kernels.add(workers, a, b, out);
        record(() -> gradients.take(out).ifPresent(dy -> {
            gradients.add(a, dy);
            gradients.add(b, dy);
            gradients.release(dy);
        }));
        return out;
    }

    @Override
    public Tensor softcap(Tensor x, float cap) {
        kernels.softcap(workers, x, cap);
        record(() -> gradients.changing(x).ifPresent(dx -> training.softcap(workers, x, cap, dx)));
        return x;
    }

    @Override
    public Tensor rows(Tensor x, int[] rows) {
        Tensor out = memory.tensor(rows.length, x.cols());
        for (int i = 0; i < rows.length; i++) {
            out.slice(i, i + 1).data().copyFrom(x.slice(rows[i], rows[i] + 1).data());
        }
        record(() -> gradients.take(out).ifPresent(dy -> {
            Tensor dx = gradients.adding(x);
            for (int i = 0; i < rows.length; i++) {
                Tensor row = dx.slice(rows[i], rows[i] + 1);
                kernels.add(workers, row, dy.slice(i, i + 1), row);
            }
            gradients.release(dy);
        }));
        return out;
    }

    @Override
    public void beginLayer(int layer) {
        // memory is given back by layer(), or all at once
    }

    @Override
    public void mark(String name, Tensor x) {
        // nobody watches
    }

    private static Matrix packed(Linear weight) {
        if (weight instanceof Linear.Packed(Matrix matrix)) {
            return matrix;
        }
        throw new IllegalArgumentException(
                "training computes packed weights, not " + weight.getClass().getSimpleName());
    }

    @Override
    public void close() {
        memory.close();
        gradients.close();
        scratch.close();
    }
}
