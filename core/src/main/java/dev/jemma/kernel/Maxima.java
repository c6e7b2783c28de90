package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.util.Objects;

/** {@link Kernels#maxima}: cuts rows into chunks of pieces that threads share; each provider finds the largest of one. */
final class Maxima {
    private static final int PIECES_PER_CHUNK = 64;

    private Maxima() {}

    static void compute(Workers workers, Tensor x, int cols, float[] out, LogSumExp.Tiles tiles) {
        Objects.checkFromToIndex(0, cols, x.cols());
        int perRow = Math.ceilDiv(cols, Kernels.PIECE);
        Objects.checkFromToIndex(0, Math.multiplyExact(x.rows(), perRow), out.length);
        int chunksPerRow = Math.ceilDiv(perRow, PIECES_PER_CHUNK);
        workers.run(x.rows() * chunksPerRow, (chunk, _) -> {
            int row = chunk / chunksPerRow;
            int first = chunk % chunksPerRow * PIECES_PER_CHUNK;
            for (int piece = first; piece < Math.min(perRow, first + PIECES_PER_CHUNK); piece++) {
                int from = piece * Kernels.PIECE;
                out[row * perRow + piece] = tiles.max(x, row, from, Math.min(cols, from + Kernels.PIECE));
            }
        });
    }
}
