package dev.jemma.eval.sandbox;

/** The chance that at least one of k programs passes, estimated without bias from n samples (Chen et al. 2021, section 2.1). */
public final class PassAtK {
    private PassAtK() {}

    /**
     * 1 − C(n − c, k) / C(n, k), as a product that does not overflow.
     *
     * @param samples n, programs that were run
     * @param passed c, those that passed, 0 to n
     * @param k from 1 to n
     */
    public static double estimate(int samples, int passed, int k) {
        if (k < 1 || k > samples || passed < 0 || passed > samples) {
            throw new IllegalArgumentException(
                    "pass@" + k + " cannot be told from " + passed + " of " + samples + " programs");
        }
        if (samples - passed < k) {
            return 1;
        }
        double none = 1;
        for (int i = samples - passed + 1; i <= samples; i++) {
            none *= 1 - (double) k / i;
        }
        return 1 - none;
    }
}
