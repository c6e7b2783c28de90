package dev.jemma.train.tape;

import dev.jemma.kernel.LargeMemory;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Two blocks of scores for each thread, used again from call to call. */
final class AttentionScratch implements AutoCloseable {
    private final Arena arena = LargeMemory.shared();
    private final MemorySegment[] scores;
    private final MemorySegment[] slopes;

    AttentionScratch(int threads) {
        scores = new MemorySegment[threads];
        slopes = new MemorySegment[threads];
        java.util.Arrays.fill(scores, MemorySegment.NULL);
        java.util.Arrays.fill(slopes, MemorySegment.NULL);
    }

    /** Memory of {@code worker} for [rows, cols], as it was left. */
    Tensor scores(int worker, int rows, int cols) {
        return fit(scores, worker, rows, cols);
    }

    /** More memory of {@code worker}, apart from {@link #scores}. */
    Tensor slopes(int worker, int rows, int cols) {
        return fit(slopes, worker, rows, cols);
    }

    private Tensor fit(MemorySegment[] of, int worker, int rows, int cols) {
        long bytes = 4L * rows * cols;
        if (of[worker].byteSize() < bytes) {
            of[worker] = arena.allocate(2 * bytes, Tensor.ALIGNMENT_BYTES);
        }
        return new Tensor(of[worker], rows, cols);
    }

    @Override
    public void close() {
        arena.close();
    }
}
