package dev.jemma.train.tape;

import dev.jemma.kernel.LargeMemory;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory of what a forward pass computes: taken from the front, given back from the end, used again from step to step.
 * In the steady state nothing is allocated. For one thread.
 */
final class Activations implements AutoCloseable {
    private static final long MIN_SLAB_BYTES = 16L << 20;

    /** A place to give memory back to. */
    record Mark(int slab, long used) {}

    private final Arena arena = LargeMemory.shared();
    private final List<MemorySegment> slabs = new ArrayList<>();
    private int slab;
    private long used;

    /** Uninitialised memory for [rows, cols], until its mark is released. */
    Tensor tensor(int rows, int cols) {
        long bytes = 4L * rows * cols;
        long taken = Math.max(1, Math.ceilDiv(bytes, Tensor.ALIGNMENT_BYTES)) * Tensor.ALIGNMENT_BYTES;
        while (slab < slabs.size() && slabs.get(slab).byteSize() - used < taken) {
            slab++;
            used = 0;
        }
        if (slab == slabs.size()) {
            slabs.add(arena.allocate(Math.max(taken, MIN_SLAB_BYTES), Tensor.ALIGNMENT_BYTES));
        }
        Tensor t = new Tensor(slabs.get(slab).asSlice(used, bytes), rows, cols);
        used += taken;
        return t;
    }

    Mark mark() {
        return new Mark(slab, used);
    }

    /** Everything that was taken since the mark may be taken again. */
    void release(Mark mark) {
        slab = mark.slab();
        used = mark.used();
    }

    /** Gives everything back. */
    void reset() {
        slab = 0;
        used = 0;
    }

    /** Bytes held. */
    long bytes() {
        return slabs.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    @Override
    public void close() {
        arena.close();
    }
}
