package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * How a product of several matrices with some tokens is cut: chunks of (matrix, panels, groups of tokens). Tokens are
 * dealt to groups, of which one call of emitted code takes several of a size, as evenly as can be, the larger groups
 * first. What a chunk computes is its subclasses' business.
 */
abstract class X86Pass<M extends Matrix> implements Workers.Chunk {
    static final int ROWS = PanelLayout.ROWS;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    /** Tokens taken at a time, so that scratch memory does not grow with the batch. */
    static final int TOKENS = 512;

    /** Activations that a chunk reads again for every panel: what the second-level cache holds. */
    private static final long INPUT_BYTES_PER_CHUNK = 256 * 1024;

    private static final long WEIGHTS_PER_CHUNK = 1 << 18;
    /** Chunks for each thread, so that all end at about the same time, unless they get smaller than that part. */
    private static final int CHUNKS_PER_THREAD = 4;

    private static final int SMALLEST_PART = 4;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** A thread's native memory; grows, never shrinks. */
    static final class Scratch {
        private MemorySegment arguments = MemorySegment.NULL;
        private MemorySegment floats = MemorySegment.NULL;
        /** Results of rows that fill no panel. */
        final MemorySegment results = Arena.ofAuto().allocate(4L * ROWS * TOKENS, PanelLayout.LINE);

        /** Arguments of a call, with room behind them. */
        MemorySegment arguments(long bytes) {
            if (arguments.byteSize() < bytes) {
                arguments = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
            return arguments;
        }

        /** A panel decoded to floats. */
        MemorySegment floats(long bytes) {
            if (floats.byteSize() < bytes) {
                floats = Arena.ofAuto().allocate(bytes, PanelLayout.LINE);
            }
            return floats;
        }
    }

    final Tensor x;
    final List<M> weights;
    final List<Tensor> outputs;
    final int firstToken;
    private final int tokens;
    private final int groups;
    private final int largerGroups;
    private final int groupsPerChunk;
    private final int panelsPerChunk;

    X86Pass(
            Tensor x,
            List<M> weights,
            List<Tensor> outputs,
            int firstToken,
            int tokens,
            int maxTokens,
            long bytesPerToken,
            int threads,
            long multiplicationsPerChunk) {
        this.x = x;
        this.weights = weights;
        this.outputs = outputs;
        this.firstToken = firstToken;
        this.tokens = tokens;
        groups = Math.ceilDiv(tokens, maxTokens);
        largerGroups = tokens % groups;
        groupsPerChunk = Math.clamp(INPUT_BYTES_PER_CHUNK / Math.max(1, maxTokens * bytesPerToken), 1, groups);
        panelsPerChunk = panelsPerChunk(threads, tokens == 1 ? WEIGHTS_PER_CHUNK : multiplicationsPerChunk);
    }

    static Scratch scratch() {
        return SCRATCH.get();
    }

    /** Runs all chunks. */
    final void run(Workers workers) {
        int chunks = 0;
        for (int i = 0; i < weights.size(); i++) {
            chunks += panelChunks(i) * groupChunks();
        }
        workers.run(chunks, this);
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

    private int panelsPerChunk(int threads, long mostMultiplications) {
        long panels = 0;
        for (M w : weights) {
            panels += Math.ceilDiv(w.rows(), ROWS);
        }
        long ofPanel = (long) ROWS * Math.max(1, x.cols()) * Math.min(tokens, groupsPerChunk * size(0));
        long fair = panels * groupChunks() * ofPanel / ((long) threads * CHUNKS_PER_THREAD);
        long some = Math.clamp(fair, mostMultiplications / SMALLEST_PART, mostMultiplications);
        return Math.clamp(some / ofPanel, 1, Integer.MAX_VALUE);
    }

    private int panels(int i) {
        return Math.ceilDiv(weights.get(i).rows(), ROWS);
    }

    private int panelChunks(int i) {
        return Math.ceilDiv(panels(i), panelsPerChunk);
    }

    private int groupChunks() {
        return Math.ceilDiv(groups, groupsPerChunk);
    }

    @Override
    public void run(int chunk, int worker) {
        int i = 0;
        int rest = chunk;
        while (rest >= panelChunks(i) * groupChunks()) {
            rest -= panelChunks(i) * groupChunks();
            i++;
        }
        int panel = rest / groupChunks() * panelsPerChunk;
        int endPanel = Math.min(panels(i), panel + panelsPerChunk);
        int group = rest % groupChunks() * groupsPerChunk;
        int endGroup = Math.min(groups, group + groupsPerChunk);
        int middle = Math.clamp(largerGroups, group, endGroup);
        multiply(i, panel, endPanel, group, middle);
        multiply(i, panel, endPanel, middle, endGroup);
    }

    /** Panels times groups of one size; a last panel that the rows do not fill goes through scratch memory. */
    final void multiply(int i, int panel, int endPanel, int group, int endGroup) {
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
            MemorySegment results = scratch().results;
            call(i, whole, 1, group, endGroup - group, results, 0, 4L * ROWS);
            int rows = y.cols() - whole * ROWS;
            for (int t = 0; t < (endGroup - group) * size(group); t++) {
                long to = y.offset(token + t, whole * ROWS);
                MemorySegment.copy(results, 4L * ROWS * t, y.data(), to, 4L * rows);
            }
        }
    }

    /**
     * Multiplies panels {@code panel} … of matrix {@code i} by {@code count} groups of one size.
     *
     * @param yOffset where token 0 of the first group and row 0 of the first panel go in y
     * @param yStride bytes from token to token in y
     */
    abstract void call(int i, int panel, int panels, int group, int count, MemorySegment y, long yOffset, long yStride);
}
