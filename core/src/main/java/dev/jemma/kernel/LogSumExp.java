package dev.jemma.kernel;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * log Σ exp(x) of rows as long as a vocabulary. A row is cut into tiles of {@value #TILE} columns that threads share;
 * each provider computes tiles, this class folds them in order.
 */
final class LogSumExp {
    /** Columns that are summed in float32 lanes before float64 takes over. */
    static final int TILE = 4096;

    /** What a provider computes for columns [from, to) of a row. */
    interface Tiles {
        float max(Tensor x, int row, int from, int to);

        /** Σ exp(x − max), in 16 lanes by column folded by {@link Lanes#sum}. */
        float sum(Tensor x, int row, int from, int to, float max);
    }

    private LogSumExp() {}

    static void compute(Workers workers, Tensor x, double[] out, Tiles tiles) {
        Objects.checkFromToIndex(0, x.rows(), out.length);
        int perRow = Math.ceilDiv(x.cols(), TILE);
        int chunks = x.rows() * perRow;
        float[] maxima = new float[chunks];
        workers.run(chunks, (chunk, _) -> {
            int from = chunk % perRow * TILE;
            maxima[chunk] = tiles.max(x, chunk / perRow, from, Math.min(x.cols(), from + TILE));
        });
        float[] max = new float[x.rows()];
        for (int r = 0; r < max.length; r++) {
            max[r] = Float.NEGATIVE_INFINITY;
            for (int i = 0; i < perRow; i++) {
                max[r] = Math.max(max[r], maxima[r * perRow + i]);
            }
        }
        float[] sums = new float[chunks];
        workers.run(chunks, (chunk, _) -> {
            int from = chunk % perRow * TILE;
            int row = chunk / perRow;
            sums[chunk] = tiles.sum(x, row, from, Math.min(x.cols(), from + TILE), max[row]);
        });
        for (int r = 0; r < max.length; r++) {
            double sum = 0;
            for (int i = 0; i < perRow; i++) {
                sum += sums[r * perRow + i];
            }
            out[r] = max[r] + Math.log(sum);
        }
    }

    /** The twin. */
    static final class Scalar implements Tiles {
        @Override
        public float max(Tensor x, int row, int from, int to) {
            float max = Float.NEGATIVE_INFINITY;
            for (int i = from; i < to; i++) {
                max = Math.max(max, x.data().get(ValueLayout.JAVA_FLOAT, x.offset(row, i)));
            }
            return max;
        }

        @Override
        public float sum(Tensor x, int row, int from, int to, float max) {
            float[] lanes = new float[Lanes.COUNT];
            for (int i = from; i < to; i++) {
                lanes[i % Lanes.COUNT] += FloatMath.exp(x.data().get(ValueLayout.JAVA_FLOAT, x.offset(row, i)) - max);
            }
            return Lanes.sum(lanes);
        }
    }
}
