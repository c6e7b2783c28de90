package dev.jemma.quant;

/**
 * Finds the numbers of a block x ≈ d·s·q with signed codes and scales (Q3_K, Q6_K) that make the squared error small: per
 * group trial steps and least squares, then whole scales whose neighbours are tried, and d solved for again. One instance
 * per thread; it keeps scratch and the result of the last block.
 */
final class SymmetricSearch {
    private static final int TRIALS_EACH_WAY = 4;
    private static final float TRIAL_STEP = 0.2f;
    private static final int JOINT_ROUNDS = 3;

    /** Added and taken off again, it leaves the nearest whole number: 1.5·2^23. */
    static final float ROUNDER = 0x1.8p23f;

    private final int groups;
    private final int size;
    private final int lowCode;
    private final int highCode;
    private final int lowScale;
    private final int highScale;

    /** Results: an f16 value, a scale per group, a code per element. */
    float d;

    final int[] scale;
    final byte[] codes;

    private final float[] groupScale;
    private final int[] trialScale;
    private final byte[] trial;

    // the last solution for a group
    private float solved;
    private float gain;

    /** Codes −half … half − 1, scales −halfScale … halfScale − 1. */
    SymmetricSearch(int groups, int size, int half, int halfScale) {
        this.groups = groups;
        this.size = size;
        this.lowCode = -half;
        this.highCode = half - 1;
        this.lowScale = -halfScale;
        this.highScale = halfScale - 1;
        this.scale = new int[groups];
        this.codes = new byte[groups * size];
        this.groupScale = new float[groups];
        this.trialScale = new int[groups];
        this.trial = new byte[groups * size];
    }

    /** Encodes the block that starts at {@code x[from]}; the result lies in the fields. */
    void encode(float[] x, int from) {
        float extreme = 0;
        for (int g = 0; g < groups; g++) {
            groupScale[g] = fitGroup(x, from + g * size);
            if (Math.abs(groupScale[g]) > Math.abs(extreme)) {
                extreme = groupScale[g];
            }
        }
        d = AffineSearch.toF16(extreme / lowScale);
        for (int g = 0; g < groups; g++) {
            scale[g] = d == 0 ? 0 : Math.clamp(Math.round(groupScale[g] / d), lowScale, highScale);
        }
        double error = refineGroups(x, from, d, scale, codes);
        for (int round = 0; round < JOINT_ROUNDS && error > 0; round++) {
            float newD = AffineSearch.toF16((float) solveJointly(x, from));
            System.arraycopy(scale, 0, trialScale, 0, groups);
            double newError = refineGroups(x, from, newD, trialScale, trial);
            if (!(newError < error)) {
                return;
            }
            error = newError;
            d = newD;
            System.arraycopy(trialScale, 0, scale, 0, groups);
            System.arraycopy(trial, 0, codes, 0, codes.length);
        }
    }

    /** The best real-valued scale of one group. */
    private float fitGroup(float[] x, int from) {
        float extreme = 0;
        for (int i = 0; i < size; i++) {
            if (Math.abs(x[from + i]) > Math.abs(extreme)) {
                extreme = x[from + i];
            }
        }
        if (extreme == 0) {
            return 0;
        }
        float bestStep = 0;
        float best = -1;
        for (int t = -TRIALS_EACH_WAY; t <= TRIALS_EACH_WAY; t++) {
            // the extreme element lands near the end of the code range, on either side
            for (float end = lowCode; end <= highCode; end += highCode - lowCode) {
                float step = extreme / (end + TRIAL_STEP * t);
                solve(x, from, step);
                if (gain > best) {
                    best = gain;
                    bestStep = solved;
                }
            }
        }
        solve(x, from, bestStep); // round with what was found, and solve again
        return gain > best ? solved : bestStep;
    }

    /** Rounds a group by {@code step}; leaves the best step for those codes and what it takes off the squared error. */
    private void solve(float[] x, int from, float step) {
        float inverse = step == 0 ? 0 : 1 / step;
        float qq = 0;
        float xq = 0;
        for (int i = 0; i < size; i++) {
            float q = code(x[from + i] * inverse);
            qq += q * q;
            xq += x[from + i] * q;
        }
        solved = qq > 0 ? xq / qq : 0;
        gain = xq * solved;
    }

    /** Tries the neighbours of every whole scale; fills {@code to} with codes and returns the squared error. */
    private double refineGroups(float[] x, int from, float d, int[] scales, byte[] to) {
        double total = 0;
        for (int g = 0; g < groups; g++) {
            int bestScale = scales[g];
            float best = error(x, from + g * size, d * bestScale);
            for (int s = Math.max(lowScale, scales[g] - 1); s <= Math.min(highScale, scales[g] + 1); s++) {
                float error = error(x, from + g * size, d * s);
                if (error < best) {
                    best = error;
                    bestScale = s;
                }
            }
            scales[g] = bestScale;
            total += best;
            float step = d * bestScale;
            float inverse = step == 0 ? 0 : 1 / step;
            for (int i = g * size; i < (g + 1) * size; i++) {
                to[i] = (byte) code(x[from + i] * inverse);
            }
        }
        return total;
    }

    private float error(float[] x, int from, float step) {
        float inverse = step == 0 ? 0 : 1 / step;
        float sum = 0;
        for (int i = 0; i < size; i++) {
            float miss = x[from + i] - step * code(x[from + i] * inverse);
            sum += miss * miss;
        }
        return sum;
    }

    private double solveJointly(float[] x, int from) {
        double aa = 0;
        double ax = 0;
        for (int i = 0; i < codes.length; i++) {
            double a = scale[i / size] * codes[i];
            aa += a * a;
            ax += a * x[from + i];
        }
        return aa > 0 ? ax / aa : 0;
    }

    private float code(float v) {
        float q = (v + ROUNDER) - ROUNDER;
        return Math.max(lowCode, Math.min(q, highCode));
    }
}
