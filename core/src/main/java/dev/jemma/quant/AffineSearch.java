package dev.jemma.quant;

/**
 * Finds the numbers of a block x ≈ d·s·q − dmin·m (Q2_K, Q4_K, Q5_K) that make the squared error small. First each group
 * alone: for a range of trial steps, round to codes and solve for scale and minimum by least squares. Then all together:
 * scales and minima become whole numbers, whose neighbours are tried, and d and dmin are solved for again. One instance
 * per thread; it keeps scratch and the result of the last block.
 */
final class AffineSearch {
    /** Trial steps of a group reach from (top + 1) to (top − 1) codes over its range. */
    private static final int TRIALS_EACH_WAY = 5;

    private static final float TRIAL_STEP = 0.2f;
    private static final int JOINT_ROUNDS = 3;

    private final int groups;
    private final int size;
    private final int topCode;
    private final int topScale;

    /** Results: f16 values, a scale and a minimum per group, a code per element. */
    float d;

    float dmin;
    final int[] scale;
    final int[] min;
    final byte[] codes;

    private final float[] groupScale;
    private final float[] groupMin;
    private final int[] trialScale;
    private final int[] trialMin;
    private final byte[] trial;

    // the last least-squares fit of a group
    private float fitScale;
    private float fitMin;
    private float fitError;

    /** For blocks of {@code groups} × {@code size} elements, codes 0 … topCode, scales and minima 0 … topScale. */
    AffineSearch(int groups, int size, int topCode, int topScale) {
        this.groups = groups;
        this.size = size;
        this.topCode = topCode;
        this.topScale = topScale;
        this.scale = new int[groups];
        this.min = new int[groups];
        this.codes = new byte[groups * size];
        this.groupScale = new float[groups];
        this.groupMin = new float[groups];
        this.trialScale = new int[groups];
        this.trialMin = new int[groups];
        this.trial = new byte[groups * size];
    }

    /** Encodes the block that starts at {@code x[from]}; the result lies in the fields. */
    void encode(float[] x, int from) {
        float maxScale = 0;
        float maxMin = 0;
        for (int g = 0; g < groups; g++) {
            fitGroup(x, from + g * size, g);
            maxScale = Math.max(maxScale, groupScale[g]);
            maxMin = Math.max(maxMin, groupMin[g]);
        }
        d = toF16(maxScale / topScale);
        dmin = toF16(maxMin / topScale);
        for (int g = 0; g < groups; g++) {
            scale[g] = whole(groupScale[g], d);
            min[g] = whole(groupMin[g], dmin);
        }
        double error = refineGroups(x, from, d, dmin, scale, min, codes);
        for (int round = 0; round < JOINT_ROUNDS && error > 0; round++) {
            if (!solveJointly(x, from)) {
                return;
            }
            float newD = toF16(fitScale);
            float newMin = toF16(fitMin);
            System.arraycopy(scale, 0, trialScale, 0, groups);
            System.arraycopy(min, 0, trialMin, 0, groups);
            double newError = refineGroups(x, from, newD, newMin, trialScale, trialMin, trial);
            if (!(newError < error)) {
                return;
            }
            error = newError;
            d = newD;
            dmin = newMin;
            System.arraycopy(trialScale, 0, scale, 0, groups);
            System.arraycopy(trialMin, 0, min, 0, groups);
            System.arraycopy(trial, 0, codes, 0, codes.length);
        }
    }

    /** The best real-valued scale and minimum of one group. */
    private void fitGroup(float[] x, int from, int g) {
        float low = 0; // a minimum is never positive: the format subtracts a number that is not negative
        float high = x[from];
        for (int i = 0; i < size; i++) {
            low = Math.min(low, x[from + i]);
            high = Math.max(high, x[from + i]);
        }
        groupScale[g] = 0;
        groupMin[g] = -low;
        if (!(high > low)) {
            return;
        }
        float best = Float.MAX_VALUE;
        for (int t = -TRIALS_EACH_WAY; t <= TRIALS_EACH_WAY; t++) {
            float step = (high - low) / (topCode + TRIAL_STEP * t);
            fit(x, from, step, -low);
            if (fitError < best) {
                best = fitError;
                groupScale[g] = fitScale;
                groupMin[g] = fitMin;
            }
        }
        fit(x, from, groupScale[g], groupMin[g]); // round with what was found, and solve again
        if (fitError < best) {
            groupScale[g] = fitScale;
            groupMin[g] = fitMin;
        }
    }

    /** Rounds a group to codes by (step, offset), then solves x ≈ s·q − m with m ≥ 0 by least squares. */
    private void fit(float[] x, int from, float step, float offset) {
        float inverse = step > 0 ? 1 / step : 0;
        float sumQ = 0;
        float sumQq = 0;
        float sumX = 0;
        float sumXq = 0;
        for (int i = 0; i < size; i++) {
            float v = x[from + i];
            float q = code((v + offset) * inverse);
            sumQ += q;
            sumQq += q * q;
            sumX += v;
            sumXq += v * q;
        }
        float determinant = size * sumQq - sumQ * sumQ;
        float s = determinant > 0 ? (size * sumXq - sumX * sumQ) / determinant : 0;
        float m = (s * sumQ - sumX) / size;
        if (m < 0 || s < 0) {
            m = s < 0 ? Math.max(0, -sumX / size) : 0;
            s = m > 0 || sumQq == 0 ? 0 : Math.max(0, sumXq / sumQq);
        }
        fitScale = s;
        fitMin = m;
        // the squared error but for Σx², which is the same in every trial
        fitError = s * s * sumQq + size * m * m - 2 * s * sumXq + 2 * m * sumX - 2 * s * m * sumQ;
    }

    /** Tries the neighbours of every whole scale and minimum; fills {@code to} with codes and returns the squared error. */
    private double refineGroups(float[] x, int from, float d, float dmin, int[] scales, int[] mins, byte[] to) {
        double total = 0;
        for (int g = 0; g < groups; g++) {
            int bestScale = scales[g];
            int bestMin = mins[g];
            float best = error(x, from + g * size, d * bestScale, dmin * bestMin);
            for (int s = Math.max(0, scales[g] - 1); s <= Math.min(topScale, scales[g] + 1); s++) {
                for (int m = Math.max(0, mins[g] - 1); m <= Math.min(topScale, mins[g] + 1); m++) {
                    float error = error(x, from + g * size, d * s, dmin * m);
                    if (error < best) {
                        best = error;
                        bestScale = s;
                        bestMin = m;
                    }
                }
            }
            scales[g] = bestScale;
            mins[g] = bestMin;
            total += best;
            float step = d * bestScale;
            float inverse = step > 0 ? 1 / step : 0;
            float offset = dmin * bestMin;
            for (int i = g * size; i < (g + 1) * size; i++) {
                to[i] = (byte) code((x[from + i] + offset) * inverse);
            }
        }
        return total;
    }

    private float error(float[] x, int from, float step, float offset) {
        float inverse = step > 0 ? 1 / step : 0;
        float sum = 0;
        for (int i = 0; i < size; i++) {
            float v = x[from + i] + offset;
            float miss = v - step * code(v * inverse);
            sum += miss * miss;
        }
        return sum;
    }

    /** Solves for d and dmin with all whole numbers fixed; false if they are not determined or not positive. */
    private boolean solveJointly(float[] x, int from) {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ax = 0;
        double bx = 0;
        for (int i = 0; i < codes.length; i++) {
            int g = i / size;
            double a = scale[g] * codes[i];
            double b = min[g];
            aa += a * a;
            ab += a * b;
            bb += b * b;
            ax += a * x[from + i];
            bx += b * x[from + i];
        }
        // x ≈ d·a − dmin·b
        double determinant = aa * bb - ab * ab;
        if (determinant > 1e-9 * aa * bb) {
            fitScale = (float) ((ax * bb - bx * ab) / determinant);
            fitMin = (float) ((ax * ab - bx * aa) / determinant);
        } else {
            fitScale = aa > 0 ? (float) (ax / aa) : 0;
            fitMin = bb > 0 && aa == 0 ? (float) (-bx / bb) : dmin;
        }
        return fitScale >= 0 && fitMin >= 0;
    }

    private float code(float v) {
        float q = (v + SymmetricSearch.ROUNDER) - SymmetricSearch.ROUNDER;
        return Math.max(0, Math.min(q, topCode));
    }

    private int whole(float value, float unit) {
        return unit > 0 ? Math.min(topScale, Math.round(value / unit)) : 0;
    }

    /** Rounded to f16, staying finite. */
    static float toF16(float value) {
        return Math.clamp(Float.float16ToFloat(Float.floatToFloat16(value)), -65504f, 65504f);
    }
}
