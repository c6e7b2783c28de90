package dev.jemma.train.tape;

/**
 * A loss that is a sum over rows. It tells each row's share and its slope in the logits; {@link OutputHead} does the rest,
 * a block of rows at a time, so that logits of all rows never exist. Rows are asked for in any order, from several
 * threads.
 */
@FunctionalInterface
public interface RowLoss {
    /** Loss and slope of the {@code index}-th of the rows that were given to the head. */
    Slope at(int index, LogitRow row);

    /**
     * What a row adds to the loss, and its gradient in the logits z:
     * {@code dz_i = softmax·p_i + constant + dense_i + Σ additions of token i}.
     *
     * @param loss the row's share, its weight included
     * @param softmax factor of the model's own probabilities
     * @param constant the same for every token
     * @param tokens tokens with an addition of their own, each once
     * @param additions theirs
     * @param dense one number for every token; empty for none
     */
    record Slope(double loss, double softmax, double constant, int[] tokens, double[] additions, float[] dense) {
        private static final float[] NONE = {};

        /** Without a dense part. */
        public Slope(double loss, double softmax, double constant, int[] tokens, double[] additions) {
            this(loss, softmax, constant, tokens, additions, NONE);
        }

        /** {@code weight} times the log-probability of a token, itself worth {@code loss}. */
        public static Slope ofLogProb(double loss, double weight, int token) {
            return new Slope(loss, -weight, 0, new int[] {token}, new double[] {weight});
        }
    }
}
