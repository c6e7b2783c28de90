package dev.jemma.kernel;

/** The one order in which horizontal sums are folded, so that every provider and vector width gives the same bits. */
public final class Lanes {
    /** Partial sums that run side by side. */
    public static final int COUNT = 16;

    private Lanes() {}

    /** Folds 16 partial sums in halves: i += i+8, then i+4, i+2, i+1. Overwrites {@code lanes}. */
    public static float sum(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[i + half];
            }
        }
        return lanes[0];
    }
}
