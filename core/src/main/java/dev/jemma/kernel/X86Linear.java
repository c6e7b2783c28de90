package dev.jemma.kernel;

import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.Codes;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.LinearCode;
import dev.jemma.kernel.x86.RoundCode;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * {@link Kernels#linear} with int8 activations by emitted code ({@link LinearCode}): rounds the activations once, cuts
 * (matrix, panels, tokens) into chunks and calls the code of each type and number of tokens, written when it is first
 * wanted. Everything that the code reads or writes is measured here.
 */
final class X86Linear {
    private static final int ROWS = PanelLayout.ROWS;
    private static final int BLOCK = PanelLayout.BLOCK;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** Tokens rounded at a time, so that scratch memory does not grow with the batch. */
    private static final int TOKENS_PER_PASS = 512;
    /** Activations that a chunk reads again for every panel: what the second-level cache holds. */
    private static final long INPUT_BYTES_PER_CHUNK = 256 * 1024;

    private static final long WEIGHTS_PER_CHUNK = 1 << 18;
    private static final long MULTIPLICATIONS_PER_CHUNK = 1 << 22;
    /** Panels larger than that are fetched ahead in steps. */
    private static final int MOST_AHEAD = 64 * 1024;

    private static final int FEW_AHEAD = 8 * 1024;

    private final Isa isa;
    private final CodeSpace space;
    private final int maxTokens;
    private final Code round;
    /** [type][tokens]. */
    private final AtomicReferenceArray<Code> codes;

    private final ThreadLocal<Input> inputs = ThreadLocal.withInitial(Input::new);
    private final ThreadLocal<Scratch> scratches = ThreadLocal.withInitial(Scratch::new);

    X86Linear(Isa isa, CodeSpace space) {
        this.isa = isa;
        this.space = space;
        maxTokens = LinearCode.maxTokens(isa);
        round = space.load(RoundCode.emit());
        codes = new AtomicReferenceArray<>(DType.values().length * (maxTokens + 1));
    }

    /** A caller's rounded activations, group after group of tokens; grows, never shrinks. */
    private static final class Input {
        MemorySegment records = MemorySegment.NULL;

        void grow(long bytes) {
            if (records.byteSize() < bytes) {
                records = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
        }
    }

    /** A thread's arguments with the scales behind them, and the results of rows that fill no panel. */
    private static final class Scratch {
        MemorySegment arguments = MemorySegment.NULL;
        final MemorySegment results = Arena.ofAuto().allocate(4L * ROWS * TOKENS_PER_PASS, PanelLayout.LINE);

        MemorySegment arguments(long bytes) {
            if (arguments.byteSize() < bytes) {
                arguments = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
            return arguments;
        }
    }

    /** Whether {@link #run} multiplies by it. */
    static boolean takes(Matrix w, Precision precision) {
        return precision == Precision.FAST && w instanceof PackedMatrix && CodeRow.has(w.type());
    }

    private Code code(PanelLayout layout, int tokens) {
        int i = layout.type.ordinal() * (maxTokens + 1) + tokens;
        Code code = codes.get(i);
        if (code == null) {
            Codes shape = new Codes(
                    layout.codeBits,
                    layout.codeOffset,
                    layout.groupSize != BLOCK,
                    layout.groupsPerScale > 1,
                    CodeRow.hasMin(layout.type));
            codes.compareAndSet(i, null, space.load(LinearCode.emit(isa, shape, tokens)));
            code = codes.get(i);
        }
        return code;
    }

    /** Products with weights that {@link #takes} is true of; shapes are checked already. */
    void run(Workers workers, Tensor x, List<PackedMatrix> weights, List<Tensor> outputs) {
        Input input = inputs.get();
        for (int from = 0; from < x.rows(); from += TOKENS_PER_PASS) {
            int tokens = Math.min(TOKENS_PER_PASS, x.rows() - from);
            input.grow((long) LinearCode.RECORD_BYTES * tokens * (x.cols() / BLOCK));
            Pass pass = new Pass(input.records, x, weights, outputs, from, tokens, Math.ceilDiv(tokens, maxTokens));
            int first = from;
            Split.rows(workers, tokens, x.cols(), (begin, end) -> {
                for (int t = begin; t < end; t++) {
                    round(pass, first, t);
                }
            });
            workers.run(pass.chunks(), pass);
        }
    }

    /** Row {@code from + t} of x to its place in its group. */
    private void round(Pass pass, int from, int t) {
        int group = pass.groupOf(t);
        int size = pass.size(group);
        int lane = t - pass.firstOf(group);
        MemorySegment arguments = scratches.get().arguments(RoundCode.BYTES);
        arguments.set(LONG, RoundCode.X, pass.x.offset(from + t, 0));
        arguments.set(LONG, RoundCode.OUT, pass.inputOffset(group) + 32L * lane);
        arguments.set(LONG, RoundCode.FIELDS, pass.inputOffset(group) + 32L * size + 4L * lane);
        arguments.set(LONG, RoundCode.BLOCKS, pass.x.cols() / BLOCK);
        arguments.set(LONG, RoundCode.RECORD_BYTES, (long) LinearCode.RECORD_BYTES * size);
        arguments.set(LONG, RoundCode.FIELD_BYTES, 4L * size);
        round.call(arguments, pass.x.data(), pass.records, pass.records);
    }

    /**
     * The chunks of one pass over all matrices. Tokens are dealt to {@code groups} groups as evenly as can be, the
     * larger groups first.
     */
    private final class Pass implements Workers.Chunk {
        final MemorySegment records;
        final Tensor x;
        private final List<PackedMatrix> weights;
        private final List<Tensor> outputs;
        private final int firstToken;
        private final int tokens;
        private final int groups;
        private final int largerGroups;
        private final int groupsPerChunk;

        Pass(
                MemorySegment records,
                Tensor x,
                List<PackedMatrix> weights,
                List<Tensor> outputs,
                int firstToken,
                int tokens,
                int groups) {
            this.records = records;
            this.x = x;
            this.weights = weights;
            this.outputs = outputs;
            this.firstToken = firstToken;
            this.tokens = tokens;
            this.groups = groups;
            largerGroups = tokens % groups;
            long groupBytes = Math.max(1, (long) LinearCode.RECORD_BYTES * maxTokens * (x.cols() / BLOCK));
            groupsPerChunk = Math.clamp(INPUT_BYTES_PER_CHUNK / groupBytes, 1, groups);
        }

        int size(int group) {
            return tokens / groups + (group < largerGroups ? 1 : 0);
        }

        int firstOf(int group) {
            return group * (tokens / groups) + Math.min(group, largerGroups);
        }

        int groupOf(int token) {
            int size = tokens / groups;
            int inLarger = largerGroups * (size + 1);
            return token < inLarger ? token / (size + 1) : largerGroups + (token - inLarger) / size;
        }

        long inputOffset(int group) {
            return (long) LinearCode.RECORD_BYTES * (x.cols() / BLOCK) * firstOf(group);
        }

        private int panelsPerChunk() {
            long weightsOfPanel = (long) ROWS * Math.max(BLOCK, x.cols());
            long some = tokens == 1
                    ? WEIGHTS_PER_CHUNK / weightsOfPanel
                    : MULTIPLICATIONS_PER_CHUNK / (weightsOfPanel * Math.min(tokens, groupsPerChunk * size(0)));
            return Math.clamp(some, 1, Integer.MAX_VALUE);
        }

        private int panelChunks(int i) {
            return Math.ceilDiv(weights.get(i).panels(), panelsPerChunk());
        }

        private int groupChunks() {
            return Math.ceilDiv(groups, groupsPerChunk);
        }

        int chunks() {
            int chunks = 0;
            for (int i = 0; i < weights.size(); i++) {
                chunks += panelChunks(i) * groupChunks();
            }
            return chunks;
        }

        @Override
        public void run(int chunk, int worker) {
            int i = 0;
            int rest = chunk;
            while (rest >= panelChunks(i) * groupChunks()) {
                rest -= panelChunks(i) * groupChunks();
                i++;
            }
            int panel = rest / groupChunks() * panelsPerChunk();
            int endPanel = Math.min(weights.get(i).panels(), panel + panelsPerChunk());
            int group = rest % groupChunks() * groupsPerChunk;
            int endGroup = Math.min(groups, group + groupsPerChunk);
            int middle = Math.clamp(largerGroups, group, endGroup);
            multiply(i, panel, endPanel, group, middle);
            multiply(i, panel, endPanel, middle, endGroup);
        }

        /** Panels times groups of one size; a last panel that the rows do not fill goes through scratch memory. */
        private void multiply(int i, int panel, int endPanel, int group, int endGroup) {
            if (group == endGroup) {
                return;
            }
            Tensor y = outputs.get(i);
            int token = firstToken + firstOf(group);
            int whole = Math.min(endPanel, y.cols() / ROWS);
            if (panel < whole) {
                long to = y.offset(token, panel * ROWS);
                call(i, panel, whole - panel, group, endGroup - group, y.data(), to, 4L * y.cols());
            }
            if (whole < endPanel) {
                MemorySegment results = scratches.get().results;
                call(i, whole, 1, group, endGroup - group, results, 0, 4L * ROWS);
                int rows = y.cols() - whole * ROWS;
                for (int t = 0; t < (endGroup - group) * size(group); t++) {
                    long to = y.offset(token + t, whole * ROWS);
                    MemorySegment.copy(results, 4L * ROWS * t, y.data(), to, 4L * rows);
                }
            }
        }

        private void call(
                int i, int panel, int panels, int group, int count, MemorySegment y, long yOffset, long yStride) {
            PackedMatrix w = weights.get(i);
            PanelLayout layout = w.layout();
            int floats = layout.groupsPerScale == 1 ? 0 : layout.cols / layout.groupSize * ROWS;
            MemorySegment a = scratches.get().arguments(LinearCode.BYTES + 8L * floats);
            a.set(LONG, LinearCode.W, w.panel(panel));
            a.set(LONG, LinearCode.X, inputOffset(group));
            a.set(LONG, LinearCode.Y, yOffset);
            a.set(LONG, LinearCode.PANELS, panels);
            a.set(LONG, LinearCode.GROUPS, count);
            a.set(LONG, LinearCode.BLOCKS, layout.cols / BLOCK);
            a.set(LONG, LinearCode.SUPERBLOCKS, layout.cols / 256);
            a.set(LONG, LinearCode.PANEL_BYTES, layout.panelBytes);
            a.set(LONG, LinearCode.SCALES, layout.scaleAt);
            a.set(LONG, LinearCode.MIN_SCALES, layout.minScaleAt);
            a.set(LONG, LinearCode.FACTORS, layout.groupScaleAt);
            a.set(LONG, LinearCode.MIN_FACTORS, layout.groupMinAt);
            a.set(LONG, LinearCode.Y_STRIDE, yStride);
            a.set(LONG, LinearCode.PREFETCH, layout.panelBytes <= MOST_AHEAD ? layout.panelBytes : FEW_AHEAD);
            a.set(LONG, LinearCode.FLOAT_MINIMA, 4L * floats);
            code(layout, size(group)).call(a, w.data(), records, y);
        }
    }
}
