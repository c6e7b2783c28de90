package dev.jemma.model;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * Makes one vector of a text's hidden states, as EmbeddingGemma does: mean over all positions, the dense layers
 * (768 → 3072 → 768, no activation; none in some checkpoints), then length 1.
 *
 * @param dense applied in order
 */
public record EmbeddingHead(List<Linear> dense) {
    /** No dense layers. */
    public static final EmbeddingHead PLAIN = new EmbeddingHead(List.of());

    public EmbeddingHead {
        dense = List.copyOf(dense);
    }

    /** hidden [T, d] → [1, n], of unit length. */
    public Tensor embed(Ops ops, Tensor hidden) {
        float[] mean = new float[hidden.cols()];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (int t = 0; t < hidden.rows(); t++) {
                sum += hidden.get(t, i);
            }
            mean[i] = (float) (sum / hidden.rows());
        }
        Tensor x = Tensor.copyOf(Arena.ofAuto(), mean);
        for (Linear layer : dense) {
            x = ops.linear(x, layer);
        }
        return Tensor.copyOf(Arena.ofAuto(), normalized(x.row(0)));
    }

    /** The first {@code size} numbers of a vector, scaled to length 1 again (Matryoshka representation). */
    public static float[] truncated(float[] vector, int size) {
        if (size < 1 || size > vector.length) {
            throw new IllegalArgumentException("a vector of " + vector.length + " cannot be cut to " + size);
        }
        return normalized(Arrays.copyOf(vector, size));
    }

    private static float[] normalized(float[] vector) {
        double squares = 0;
        for (float v : vector) {
            squares += (double) v * v;
        }
        double length = Math.sqrt(squares);
        float[] unit = vector.clone();
        for (int i = 0; i < unit.length && length > 0; i++) {
            unit[i] = (float) (vector[i] / length);
        }
        return unit;
    }
}
