package dev.jemma.eval;

/**
 * How tokens of a generated answer are chosen.
 *
 * @param temperature 0 is greedy
 * @param topP mass of the most probable tokens that are kept, 1 for all
 * @param topK number of the most probable tokens that are kept, 0 for all
 * @param seed of the random numbers; the number of the sample is added
 */
public record Sampling(double temperature, double topP, int topK, long seed) {
    /** Always the most likely token. */
    public static final Sampling GREEDY = new Sampling(0, 1, 0, 0);

    public Sampling {
        if (!(temperature >= 0) || !(topP > 0 && topP <= 1) || topK < 0) {
            throw new EvalException("sampling needs temperature >= 0, 0 < top_p <= 1 and top_k >= 0, not " + temperature
                    + ", " + topP + ", " + topK);
        }
    }
}
