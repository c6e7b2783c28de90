package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Codes;
import dev.jemma.kernel.x86.ExpandCode;
import dev.jemma.kernel.x86.FloatCode;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.LinearCode;
import dev.jemma.kernel.x86.RoundCode;
import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@link Kernels#linear} by emitted code, written for each type and number of tokens when it is first wanted. int8
 * activations are rounded once, then multiplied by {@link LinearCode}; float activations are read as they lie by
 * {@link FloatCode}, from panels of floats or from panels that are decoded to floats one at a time. Everything that the
 * code reads or writes is measured here.
 */
final class X86Linear {
    private static final int ROWS = PanelLayout.ROWS;
    private static final int BLOCK = PanelLayout.BLOCK;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final long INT8_MULTIPLICATIONS_PER_CHUNK = 1 << 22;
    private static final long FLOAT_MULTIPLICATIONS_PER_CHUNK = 1 << 20;
    /** While a panel is computed the next one is fetched; of larger ones, what comes soon. */
    private static final int MOST_AHEAD = 256 * 1024;

    private static final int FEW_AHEAD = 8 * 1024;
    private static final int MOST_TOKENS = 12;
    private static final int PICKED_PANELS_PER_CHUNK = 8;

    private final Isa isa;
    private final CodeSpace space;
    private final Code round;
    /** By type, then by tokens. */
    private final Map<DType, AtomicReferenceArray<Code>> int8 = tables(DType.class);

    private final Map<FloatCode.Form, AtomicReferenceArray<Code>> floats = tables(FloatCode.Form.class);
    /** By type; one each. */
    private final Map<DType, AtomicReferenceArray<Code>> expansions = tables(DType.class);

    private final ThreadLocal<Records> records = ThreadLocal.withInitial(Records::new);
    private final ThreadLocal<Sorted> sorted = ThreadLocal.withInitial(Sorted::new);

    X86Linear(Isa isa, CodeSpace space) {
        this.isa = isa;
        this.space = space;
        round = space.load(RoundCode.emit());
    }

    /** A caller's rounded activations, group after group of tokens; grows, never shrinks. */
    private static final class Records {
        MemorySegment data = MemorySegment.NULL;

        void grow(long bytes) {
            if (data.byteSize() < bytes) {
                data = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
        }
    }

    /** A caller's matrices by how they are multiplied; filled anew by every call. */
    private static final class Sorted {
        final List<PackedMatrix> rounded = new ArrayList<>();
        final List<Tensor> roundedOutputs = new ArrayList<>();
        final List<Matrix> others = new ArrayList<>();
        final List<Tensor> otherOutputs = new ArrayList<>();

        Sorted clear() {
            rounded.clear();
            roundedOutputs.clear();
            others.clear();
            otherOutputs.clear();
            return this;
        }
    }

    private static Codes codes(PanelLayout layout) {
        return new Codes(
                layout.codeBits,
                layout.codeOffset,
                layout.groupSize != BLOCK,
                layout.groupsPerScale > 1,
                CodeRow.hasMin(layout.type));
    }

    private static <K extends Enum<K>> Map<K, AtomicReferenceArray<Code>> tables(Class<K> kind) {
        Map<K, AtomicReferenceArray<Code>> tables = new EnumMap<>(kind);
        for (K k : kind.getEnumConstants()) {
            tables.put(k, new AtomicReferenceArray<>(MOST_TOKENS + 1));
        }
        return tables;
    }

    /** Code {@code i} of a table, written now if it was not yet; callers look first, so that the writer costs nothing. */
    private <K extends Enum<K>> Code write(
            Map<K, AtomicReferenceArray<Code>> tables, K kind, int i, Supplier<byte[]> emit) {
        AtomicReferenceArray<Code> table = Objects.requireNonNull(tables.get(kind));
        if (table.get(i) == null) {
            table.compareAndSet(i, null, space.load(emit.get()));
        }
        return table.get(i);
    }

    private static <K extends Enum<K>> @Nullable Code written(
            Map<K, AtomicReferenceArray<Code>> tables, K kind, int i) {
        return Objects.requireNonNull(tables.get(kind)).get(i);
    }

    private Code int8(PanelLayout layout, int tokens) {
        Code code = written(int8, layout.type, tokens);
        return code != null
                ? code
                : write(int8, layout.type, tokens, () -> LinearCode.emit(isa, codes(layout), tokens));
    }

    private Code floats(FloatCode.Form form, int tokens) {
        Code code = written(floats, form, tokens);
        return code != null ? code : write(floats, form, tokens, () -> FloatCode.emit(isa, form, tokens));
    }

    /** For one token and several panels; kept where a group of no tokens would be. */
    private Code floatsForOne(FloatCode.Form form) {
        Code code = written(floats, form, 0);
        return code != null ? code : write(floats, form, 0, () -> FloatCode.emitForOne(isa, form));
    }

    private Code expansion(PanelLayout layout) {
        Code code = written(expansions, layout.type, 0);
        return code != null ? code : write(expansions, layout.type, 0, () -> ExpandCode.emit(isa, codes(layout)));
    }

    void linear(Workers workers, Tensor x, List<Matrix> weights, List<Tensor> outputs, Precision precision) {
        Shapes.linear(x, weights, outputs);
        Sorted sorted = this.sorted.get().clear();
        List<PackedMatrix> rounded = sorted.rounded;
        List<Tensor> roundedOutputs = sorted.roundedOutputs;
        List<Matrix> others = sorted.others;
        List<Tensor> otherOutputs = sorted.otherOutputs;
        for (int i = 0; i < weights.size(); i++) {
            Matrix w = weights.get(i);
            if (precision == Precision.FAST && w instanceof PackedMatrix packed && CodeRow.has(w.type())) {
                rounded.add(packed);
                roundedOutputs.add(outputs.get(i));
            } else if (w instanceof PackedMatrix || w instanceof ScalarMatrix) {
                others.add(w);
                otherOutputs.add(outputs.get(i));
            } else {
                throw new IllegalArgumentException("weight " + i + " was packed by another provider");
            }
        }
        if (x.cols() == 0) {
            outputs.forEach(y -> y.data().fill((byte) 0)); // loops of emitted code run at least once
            return;
        }
        for (int from = 0; from < x.rows(); from += X86Pass.TOKENS) {
            int tokens = Math.min(X86Pass.TOKENS, x.rows() - from);
            if (!rounded.isEmpty()) {
                new Int8Pass(workers, x, rounded, roundedOutputs, from, tokens).run(workers);
            }
            if (!others.isEmpty()) {
                new FloatPass(workers.threads(), x, others, otherOutputs, from, tokens).run(workers);
            }
        }
    }

    /** {@link Kernels#pick} where int8 activations meet codes; false where they do not. */
    boolean pick(Workers workers, Tensor x, Matrix w, int[] panels, int from, int to, Tensor y, Precision precision) {
        boolean int8 = precision == Precision.FAST && CodeRow.has(w.type()) && x.cols() > 0;
        if (!int8 || !(w instanceof PackedMatrix packed)) {
            return false;
        }
        Shapes.pick(x, w, panels, from, to, y);
        Int8Pass pass = new Int8Pass(workers, x, List.of(packed), List.of(y), 0, 1);
        int chunks = Math.ceilDiv(to - from, PICKED_PANELS_PER_CHUNK);
        workers.run(chunks, (chunk, _) -> {
            int first = from + chunk * PICKED_PANELS_PER_CHUNK;
            pass.pick(panels, first, Math.min(to, first + PICKED_PANELS_PER_CHUNK));
        });
        return true;
    }

    /** Arguments of {@link LinearCode} and {@link ExpandCode} that a matrix tells. */
    private static MemorySegment describe(PackedMatrix w, int panel) {
        PanelLayout layout = w.layout();
        int scales = layout.groupsPerScale == 1 ? 0 : layout.cols / layout.groupSize * ROWS;
        MemorySegment a = X86Pass.scratch().arguments(LinearCode.BYTES + 8L * scales);
        a.set(LONG, LinearCode.W, w.panel(panel));
        a.set(LONG, LinearCode.BLOCKS, layout.cols / BLOCK);
        a.set(LONG, LinearCode.SUPERBLOCKS, layout.cols / 256);
        a.set(LONG, LinearCode.PANEL_BYTES, layout.panelBytes);
        a.set(LONG, LinearCode.SCALES, layout.scaleAt);
        a.set(LONG, LinearCode.MIN_SCALES, layout.minScaleAt);
        a.set(LONG, LinearCode.FACTORS, layout.groupScaleAt);
        a.set(LONG, LinearCode.MIN_FACTORS, layout.groupMinAt);
        int ahead = layout.panelBytes <= MOST_AHEAD ? layout.panelBytes : scales > 0 ? 0 : FEW_AHEAD;
        a.set(LONG, LinearCode.PREFETCH, ahead);
        a.set(LONG, LinearCode.FLOAT_MINIMA, 4L * scales);
        return a;
    }

    private final class Int8Pass extends X86Pass<PackedMatrix> {
        private final MemorySegment records;

        Int8Pass(Workers workers, Tensor x, List<PackedMatrix> weights, List<Tensor> outputs, int from, int tokens) {
            super(
                    x,
                    weights,
                    outputs,
                    from,
                    tokens,
                    LinearCode.maxTokens(isa),
                    (long) LinearCode.RECORD_BYTES * (x.cols() / BLOCK),
                    workers.threads(),
                    INT8_MULTIPLICATIONS_PER_CHUNK);
            Records mine = X86Linear.this.records.get();
            mine.grow((long) LinearCode.RECORD_BYTES * tokens * (x.cols() / BLOCK));
            records = mine.data;
            Split.rows(workers, tokens, x.cols(), (begin, end) -> {
                for (int t = begin; t < end; t++) {
                    round(t);
                }
            });
        }

        private long inputOffset(int group) {
            return (long) LinearCode.RECORD_BYTES * (x.cols() / BLOCK) * firstOf(group);
        }

        /** Token t to its place in its group. */
        private void round(int t) {
            int group = groupOf(t);
            int size = size(group);
            int lane = t - firstOf(group);
            MemorySegment a = scratch().arguments(RoundCode.BYTES);
            a.set(LONG, RoundCode.X, x.offset(firstToken + t, 0));
            a.set(LONG, RoundCode.OUT, inputOffset(group) + 32L * lane);
            a.set(LONG, RoundCode.FIELDS, inputOffset(group) + 32L * size + 4L * lane);
            a.set(LONG, RoundCode.BLOCKS, x.cols() / BLOCK);
            a.set(LONG, RoundCode.RECORD_BYTES, (long) LinearCode.RECORD_BYTES * size);
            a.set(LONG, RoundCode.FIELD_BYTES, 4L * size);
            round.call(a, x.data(), records, records);
        }

        /** Some panels of the only matrix for the only token; what is fetched ahead is the next of them. */
        void pick(int[] panels, int from, int to) {
            PackedMatrix w = weights.getFirst();
            for (int i = from; i < to; i++) {
                if (ROWS * (panels[i] + 1) > w.rows()) {
                    multiply(0, panels[i], panels[i] + 1, 0, 1); // fills no panel
                    continue;
                }
                MemorySegment a = describe(w, panels[i]);
                a.set(LONG, LinearCode.X, inputOffset(0));
                a.set(LONG, LinearCode.Y, outputs.getFirst().offset(0, ROWS * panels[i]));
                a.set(LONG, LinearCode.PANELS, 1);
                a.set(LONG, LinearCode.GROUPS, 1);
                a.set(LONG, LinearCode.Y_STRIDE, 0);
                a.set(LONG, LinearCode.PREFETCH, i + 1 < to ? w.panel(panels[i + 1] - panels[i]) : 0);
                int8(w.layout(), 1)
                        .call(a, w.data(), records, outputs.getFirst().data());
            }
        }

        @Override
        void call(int i, int panel, int panels, int group, int count, MemorySegment y, long yOffset, long yStride) {
            PackedMatrix w = weights.get(i);
            MemorySegment a = describe(w, panel);
            a.set(LONG, LinearCode.X, inputOffset(group));
            a.set(LONG, LinearCode.Y, yOffset);
            a.set(LONG, LinearCode.PANELS, panels);
            a.set(LONG, LinearCode.GROUPS, count);
            a.set(LONG, LinearCode.Y_STRIDE, yStride);
            int8(w.layout(), size(group)).call(a, w.data(), records, y);
        }
    }

    private final class FloatPass extends X86Pass<Matrix> {
        FloatPass(int threads, Tensor x, List<Matrix> weights, List<Tensor> outputs, int from, int tokens) {
            super(
                    x,
                    weights,
                    outputs,
                    from,
                    tokens,
                    FloatCode.maxTokens(isa),
                    4L * x.cols(),
                    threads,
                    FLOAT_MULTIPLICATIONS_PER_CHUNK);
        }

        @Override
        void call(int i, int panel, int panels, int group, int count, MemorySegment y, long yOffset, long yStride) {
            if (weights.get(i) instanceof PackedMatrix w && w.layout().codeBits == 0) {
                FloatCode.Form form = switch (w.type()) {
                    case F32 -> FloatCode.Form.F32;
                    case F16 -> FloatCode.Form.F16;
                    default -> FloatCode.Form.BF16;
                };
                int panelBytes = w.layout().panelBytes;
                multiply(form, w.data(), w.panel(panel), panelBytes, panels, group, count, y, yOffset, yStride);
                return;
            }
            int panelBytes = 4 * ROWS * x.cols();
            int together = size(group) == 1 ? FloatCode.TOGETHER : 1;
            MemorySegment decoded = scratch().floats((long) together * panelBytes);
            for (int p = 0; p < panels; p += together) {
                int some = Math.min(together, panels - p);
                for (int s = 0; s < some; s++) {
                    decode(weights.get(i), panel + p + s, decoded, (long) s * panelBytes);
                }
                long to = yOffset + 4L * ROWS * p;
                multiply(FloatCode.Form.F32, decoded, 0, panelBytes, some, group, count, y, to, yStride);
            }
        }

        /** One panel to floats [k][16]. */
        private void decode(Matrix matrix, int panel, MemorySegment target, long at) {
            if (matrix instanceof PackedMatrix w) {
                MemorySegment a = describe(w, panel);
                a.set(LONG, LinearCode.Y, at);
                expansion(w.layout()).call(a, w.data(), target, target);
            } else if (matrix instanceof ScalarMatrix w) {
                float[] row = new float[w.cols()];
                for (int lane = 0; lane < Math.min(ROWS, w.rows() - panel * ROWS); lane++) {
                    Quants.decode(w.type(), w.data(), (panel * ROWS + lane) * w.rowBytes(), row, 0, w.cols());
                    for (int k = 0; k < row.length; k++) {
                        target.set(ValueLayout.JAVA_FLOAT, at + 4L * (ROWS * k + lane), row[k]);
                    }
                }
            }
        }

        private void multiply(
                FloatCode.Form form,
                MemorySegment w,
                long wOffset,
                int panelBytes,
                int panels,
                int group,
                int count,
                MemorySegment y,
                long yOffset,
                long yStride) {
            int whole = size(group) == 1 ? panels / FloatCode.TOGETHER : 0;
            int left = panels - whole * FloatCode.TOGETHER;
            if (whole > 0) {
                arguments(wOffset, panelBytes, whole, group, count, yOffset, yStride);
                floatsForOne(form).call(scratch().arguments(FloatCode.BYTES), w, x.data(), y);
            }
            if (left > 0) {
                long done = (long) whole * FloatCode.TOGETHER;
                long to = yOffset + 4L * ROWS * done;
                arguments(wOffset + done * panelBytes, panelBytes, left, group, count, to, yStride);
                floats(form, size(group)).call(scratch().arguments(FloatCode.BYTES), w, x.data(), y);
            }
        }

        private void arguments(
                long wOffset, int panelBytes, int panels, int group, int count, long yOffset, long yStride) {
            MemorySegment a = scratch().arguments(FloatCode.BYTES);
            a.set(LONG, FloatCode.W, wOffset);
            a.set(LONG, FloatCode.X, x.offset(firstToken + firstOf(group), 0));
            a.set(LONG, FloatCode.Y, yOffset);
            a.set(LONG, FloatCode.PANELS, panels);
            a.set(LONG, FloatCode.GROUPS, count);
            a.set(LONG, FloatCode.COLS, x.cols());
            a.set(LONG, FloatCode.PANEL_BYTES, panelBytes);
            a.set(LONG, FloatCode.X_STRIDE, 4L * x.cols());
            a.set(LONG, FloatCode.Y_STRIDE, yStride);
            a.set(LONG, FloatCode.X_GROUP_BYTES, 4L * x.cols() * size(group));
        }
    }
}
