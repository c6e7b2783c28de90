package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@link Kernels#decode} of packed matrices by {@link TileDecoder}, a tile of columns at a time. */
final class VectorDecoder {
    private static final int ROWS = PanelLayout.ROWS;

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    private VectorDecoder() {}

    /** A thread's tile. */
    private static final class Scratch {
        final float[] tile = new float[ROWS * TileDecoder.COLS];
        final TileDecoder.Scratch decoder = new TileDecoder.Scratch(TileDecoder.COLS);
    }

    static void decode(PackedMatrix w, int firstRow, int rows, MemorySegment panels) {
        Scratch scratch = SCRATCH.get();
        for (int p = 0; p < Math.ceilDiv(rows, ROWS); p++) {
            for (int k = 0; k < w.cols(); k += TileDecoder.COLS) {
                int cols = Math.min(TileDecoder.COLS, w.cols() - k);
                TileDecoder.values(w, firstRow / ROWS + p, k, k + cols, scratch.tile, 0, scratch.decoder);
                long to = 4L * ROWS * ((long) p * w.cols() + k);
                MemorySegment.copy(scratch.tile, 0, panels, ValueLayout.JAVA_FLOAT, to, ROWS * cols);
            }
        }
    }
}
