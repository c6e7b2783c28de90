package dev.jemma.eval.metric;

/** The chance that at least one of k programs passes, estimated from n of which c passed (Chen et al., 2021). */
public final class PassAtK {
    private PassAtK() {}

    /** 1 − C(n − c, k) / C(n, k), as a product, so that nothing overflows. */
    public static double of(int n, int c, int k) {
        if (k < 1 || k > n || c < 0 || c > n) {
            throw new IllegalArgumentException("pass@" + k + " of " + c + " among " + n);
        }
        double none = 1;
        for (int i = n - c + 1; i <= n; i++) {
            none *= i - k < 0 ? 0 : 1 - (double) k / i;
        }
        return n - c < k ? 1 : 1 - none;
    }
}
