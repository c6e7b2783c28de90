package dev.jemma.model;

import dev.jemma.memory.HugeArena;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Scratch memory of a forward pass: two regions used in turn, layer by layer, so that what one layer returns is still
 * there while the next one reads it, and one that all layers share for what lives only inside a feed-forward: that is
 * most of the memory. Regions grow to what the largest batch needs and are then reused, and so are the
 * tensors that describe them: a layer asks for the same shapes in the same order as the last one did, so in the steady
 * state nothing is allocated.
 */
final class Workspace implements AutoCloseable {
    private static final long MIN_SLAB_BYTES = 1L << 20;
    /** Shapes of one request that are remembered: batches of few rows come again, others are too large to mind. */
    private static final int MOST_SHAPES = 8;

    private static final class Region {
        final List<MemorySegment> slabs = new ArrayList<>();
        /** By number of the request since the last flip: the tensors that it was answered with. */
        final List<List<Tensor>> answers = new ArrayList<>();

        int slab;
        long used;
        int requests;

        void startOver() {
            slab = 0;
            used = 0;
            requests = 0;
        }
    }

    private final Arena arena = HugeArena.ofShared();
    private final Region[] regions = {new Region(), new Region()};
    private final Region wide = new Region();
    /** The last other shape that a tensor of ours was seen in. */
    private final IdentityHashMap<Tensor, Tensor> views = new IdentityHashMap<>();

    private int current;
    private Region region = regions[0];

    /** Starts over in the other region; what is in this one stays until the next call but one. */
    void flip() {
        current ^= 1;
        region = regions[current];
        region.startOver();
    }

    /** From here to {@link #endWide}, tensors come from the region that all layers share; those of before are void. */
    void beginWide() {
        region = wide;
        region.startOver();
    }

    /** Ends the stretch; its tensors stay until the next one begins. */
    void endWide() {
        region = regions[current];
    }

    /** Uninitialised memory for [rows, cols]. */
    Tensor tensor(int rows, int cols) {
        long bytes = Math.max(Tensor.ALIGNMENT_BYTES, 4L * rows * cols);
        bytes = (bytes + Tensor.ALIGNMENT_BYTES - 1) & -Tensor.ALIGNMENT_BYTES;
        while (region.slab < region.slabs.size()) {
            MemorySegment slab = region.slabs.get(region.slab);
            if (slab.byteSize() - region.used >= bytes) {
                Tensor t = described(slab, rows, cols);
                region.used += bytes;
                return t;
            }
            region.slab++;
            region.used = 0;
        }
        region.slabs.add(arena.allocate(Math.max(bytes, MIN_SLAB_BYTES), Tensor.ALIGNMENT_BYTES));
        return tensor(rows, cols);
    }

    /** The tensor at the region's next free place: one that was there before, if it had this shape. */
    private Tensor described(MemorySegment slab, int rows, int cols) {
        if (region.requests == region.answers.size()) {
            region.answers.add(new ArrayList<>());
        }
        List<Tensor> answers = region.answers.get(region.requests++);
        long address = slab.address() + region.used;
        for (int i = 0; i < answers.size(); i++) {
            Tensor t = answers.get(i);
            if (t.rows() == rows && t.cols() == cols && t.data().address() == address) {
                return t;
            }
        }
        if (answers.size() == MOST_SHAPES) {
            answers.forEach(views::remove);
            answers.clear();
        }
        Tensor t = new Tensor(slab.asSlice(region.used, 4L * rows * cols), rows, cols);
        answers.add(t);
        return t;
    }

    /** A tensor of this workspace as [rows, cols] of another shape with as many elements. */
    Tensor view(Tensor t, int rows, int cols) {
        if (t.rows() == rows && t.cols() == cols) {
            return t;
        }
        Tensor view = views.get(t);
        if (view == null || view.rows() != rows || view.cols() != cols) {
            view = t.reshape(rows, cols);
            views.put(t, view);
        }
        return view;
    }

    @Override
    public void close() {
        arena.close();
    }
}
