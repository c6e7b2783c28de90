package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenMask;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.memory.HugeArena;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;

/**
 * Logits of the tokens that a constraint allows, where those are few: the next letters of a key, digits, a bracket. Only
 * their panels of the output matrix W [V, d] are multiplied, with the bits that all of W would give. Not for several
 * threads.
 */
final class AllowedLogits implements AutoCloseable {
    private static final int PANEL = MatrixBuilder.ROWS;
    private static final long PANEL_BITS = (1L << PANEL) - 1;
    /** Beyond this part of the panels a mask is no longer a narrow one, and there are faster ways. */
    private static final int MOST = 64;

    private final Kernels kernels;
    private final Matrix weights;
    private final int vocabularySize;
    private final Precision precision;
    private final Arena arena = HugeArena.ofShared();
    private final Tensor logits; // [1, V]
    private final int[] panels;
    private final int[] ids; // what was found, ascending, and their logits
    private final float[] values;

    /**
     * @param weights the output matrix
     * @param vocabularySize rows that may be chosen
     */
    AllowedLogits(Kernels kernels, Matrix weights, int vocabularySize, Precision precision) {
        this.kernels = kernels;
        this.weights = weights;
        this.vocabularySize = vocabularySize;
        this.precision = precision;
        logits = Tensor.allocate(arena, 1, weights.rows());
        panels = new int[Math.ceilDiv(Math.ceilDiv(weights.rows(), PANEL), MOST)];
        ids = new int[PANEL * panels.length];
        values = new float[ids.length];
    }

    /**
     * Gives the sampler all logits of a narrow mask, as row 0.
     *
     * @param x hidden states [1, d]
     * @return false if the mask is not narrow, or no logit is above −∞
     */
    boolean begin(Workers workers, Tensor x, TokenMask mask, Sampler sampler) {
        int count = panelsOf(mask);
        if (count == 0) {
            return false;
        }
        kernels.pick(workers, x, weights, panels, 0, count, logits, precision);
        int found = 0;
        for (int i = 0; i < count; i++) {
            int from = PANEL * panels[i];
            for (int id = from; id < Math.min(vocabularySize, from + PANEL); id++) {
                if (logits.get(0, id) > Float.NEGATIVE_INFINITY && mask.has(id)) {
                    ids[found] = id;
                    values[found++] = logits.get(0, id);
                }
            }
        }
        if (found > 0) {
            sampler.begin(ids, values, found);
        }
        return found > 0;
    }

    /** Panels with an allowed row, ascending; 0 if there are too many. */
    private int panelsOf(TokenMask mask) {
        int count = 0;
        int more = 0;
        for (int word = 0; Long.SIZE * word < vocabularySize; word++) {
            long bits = mask.word(word, more);
            more = mask.behind(word, more);
            for (int i = 0; bits != 0; i++, bits >>>= PANEL) {
                if ((bits & PANEL_BITS) != 0) {
                    if (count == panels.length) {
                        return 0;
                    }
                    panels[count++] = Long.SIZE / PANEL * word + i;
                }
            }
        }
        return count;
    }

    @Override
    public void close() {
        arena.close();
    }
}
