package dev.jemma.infer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.Workers;
import dev.jemma.model.Gemma;
import dev.jemma.model.InferenceOps;
import dev.jemma.model.Linear;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.tensor.Tensor;
import java.util.Optional;

/**
 * When an engine does without all logits: one token at a time, of which only the largest logits matter ({@link
 * LogitScreen}) or only those of a few tokens ({@link AllowedLogits}), by a matrix that is worth it. One sequence that
 * generates is limited by the weights that are read, several are not.
 */
final class Screening implements AutoCloseable {
    /** Tokens that could have been screened before the screen is made, which costs about what it saves in as many. */
    private static final int TOKENS_BEFORE = 512;

    private final Kernels kernels;
    private final Workers workers;
    private final int vocabularySize;
    private final Linear output;
    private Optional<Matrix> matrix; // empty: never
    private Optional<LogitScreen> screen = Optional.empty();
    private final Optional<AllowedLogits> allowed;
    private int tokens;

    Screening(
            Gemma gemma,
            int vocabularySize,
            Kernels kernels,
            Workers workers,
            Precision precision,
            EngineOptions options) {
        this.kernels = kernels;
        this.workers = workers;
        this.vocabularySize = vocabularySize;
        output = gemma.matrix(new Weight(Part.EMBEDDING, 0));
        // a soft cap may make equal what was not, far beyond the cap
        boolean plain = gemma.config().finalLogitSoftcap() == 0;
        Optional<Matrix> large =
                output instanceof Linear.Packed(Matrix m) && plain && (long) m.rows() * m.cols() >= options.screenFrom()
                        ? Optional.of(m)
                        : Optional.empty();
        matrix = large.filter(m -> LogitScreen.suits(m, precision));
        allowed = large.map(m -> new AllowedLogits(kernels, m, vocabularySize, precision));
    }

    /**
     * Gives the sampler the largest logits of one token, as row 0, if that pays.
     *
     * @param x hidden states [1, d]
     * @param ops bound to the batch that they come from
     * @return false if all logits must be computed
     */
    boolean begin(Tensor x, InferenceOps ops, LogitChoice choice, Sampler sampler) {
        if (ops.adapts(output)) {
            return false;
        }
        if (allowed.isPresent()
                && choice.mask().isPresent()
                && allowed.get().begin(workers, x, choice.mask().get(), sampler)) {
            return true;
        }
        if (matrix.isEmpty() || choice.largest().isEmpty()) {
            return false;
        }
        if (screen.isEmpty()) {
            if (++tokens > TOKENS_BEFORE) {
                make(matrix.get());
            }
            return false;
        }
        if (!screen.get().ready()) {
            screen.get().prepare(workers);
            return false;
        }
        if (!screen.get().find(workers, x, choice.largest().getAsInt(), choice.mask())) {
            return false;
        }
        screen.get().begin(sampler);
        return true;
    }

    /** Where the memory is not to be had, requests go on without. */
    private void make(Matrix weights) {
        try {
            screen = Optional.of(new LogitScreen(kernels, weights, vocabularySize));
        } catch (OutOfMemoryError e) {
            matrix = Optional.empty();
        }
    }

    @Override
    public void close() {
        screen.ifPresent(LogitScreen::close);
        allowed.ifPresent(AllowedLogits::close);
    }
}
