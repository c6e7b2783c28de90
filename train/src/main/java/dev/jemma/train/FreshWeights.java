package dev.jemma.train;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Linear;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.model.WeightSource;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * Weights of a model that has learnt nothing yet, for pretraining: normal numbers with variance 1/in, those of the two
 * projections back into the residual stream less by the number of additions to it (as GPT-2 did), norms of 1. The
 * embedding has variance 1/d, which its factor √d makes 1 on the way in. The same seed gives the same weights, whatever
 * the kernels.
 */
public final class FreshWeights implements WeightSource {
    private static final int ROWS_AT_A_TIME = MatrixBuilder.ROWS * 64;

    private final GemmaConfig config;
    private final Kernels kernels;
    private final Arena arena;
    private final long seed;

    /** @param arena owns the weights */
    public FreshWeights(GemmaConfig config, Kernels kernels, Arena arena, long seed) {
        this.config = config;
        this.kernels = kernels;
        this.arena = arena;
        this.seed = seed;
    }

    @Override
    public Linear matrix(Weight weight) {
        int rows = Math.toIntExact(weight.shape(config).get(0));
        int cols = Math.toIntExact(weight.shape(config).get(1));
        double deviation = 1 / Math.sqrt(cols);
        if (weight.part() == Part.OUTPUT || weight.part() == Part.DOWN) {
            deviation /= Math.sqrt(2.0 * config.layers().size());
        }
        SplittableRandom random =
                new SplittableRandom(seed * 1_000_003 + weight.ggufName().hashCode());
        MatrixBuilder builder = kernels.matrix(DType.F32, rows, cols, arena);
        for (int first = 0; first < rows; first += ROWS_AT_A_TIME) {
            float[] values = new float[Math.min(ROWS_AT_A_TIME, rows - first) * cols];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
            builder.put(first, MemorySegment.ofArray(values));
        }
        return new Linear.Packed(builder.build());
    }

    @Override
    public Tensor norm(Weight weight) {
        Tensor ones =
                Tensor.allocate(arena, 1, Math.toIntExact(weight.shape(config).getFirst()));
        for (int i = 0; i < ones.cols(); i++) {
            ones.set(0, i, 1f);
        }
        return ones;
    }
}
