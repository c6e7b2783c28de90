package dev.jemma.kernel;

/**
 * Cosines and sines of RoPE angles: angle(p, i) = float32(p · positionScale) · float32(θ^(−2i/headDim)), then cos and sin
 * (DESIGN 5.3). Grows as positions are asked for. Safe for use by several threads.
 */
public final class RopeTable {
    private static final int FIRST_POSITIONS = 256;

    private final int half;
    private final float[] inverseFrequency;
    private volatile float[] cosSin = new float[0];

    /**
     * @param theta the base
     * @param factor linear position scaling: frequencies are divided by it (8 on the global layers of Gemma 3 4B and up)
     * @param headDim size of a head, even
     */
    public RopeTable(float theta, float factor, int headDim) {
        if (headDim <= 0 || headDim % 2 != 0) {
            throw new IllegalArgumentException("RoPE needs an even head size, not " + headDim);
        }
        half = headDim / 2;
        inverseFrequency = new float[half];
        for (int i = 0; i < half; i++) {
            inverseFrequency[i] = (float) (1.0 / Math.pow(theta, 2.0 * i / headDim)) / factor;
        }
    }

    private RopeTable(float[] inverseFrequency) {
        half = inverseFrequency.length;
        this.inverseFrequency = inverseFrequency;
    }

    /** Angles of the other sign: what turns heads back, and so takes gradients back through a rotation. */
    public RopeTable inverse() {
        float[] negative = new float[half];
        for (int i = 0; i < half; i++) {
            negative[i] = -inverseFrequency[i];
        }
        return new RopeTable(negative);
    }

    /** Pairs of a head. */
    public int half() {
        return half;
    }

    /** Rows [cos_0 … cos_{half−1}, sin_0 … sin_{half−1}] for positions 0 … {@code positions} − 1 at least. */
    public float[] upTo(int positions) {
        float[] table = cosSin;
        return table.length >= 2L * half * positions ? table : grow(positions);
    }

    private synchronized float[] grow(int positions) {
        float[] old = cosSin;
        int have = old.length / (2 * half);
        if (have >= positions) {
            return old;
        }
        int want = (int)
                Math.min(Integer.MAX_VALUE / (2L * half), Math.max(FIRST_POSITIONS, Math.max(positions, 2L * have)));
        float[] table = java.util.Arrays.copyOf(old, want * 2 * half);
        for (int p = have; p < want; p++) {
            for (int i = 0; i < half; i++) {
                float angle = (float) p * inverseFrequency[i];
                table[(2 * p) * half + i] = (float) Math.cos(angle);
                table[(2 * p + 1) * half + i] = (float) Math.sin(angle);
            }
        }
        cosSin = table;
        return table;
    }
}
