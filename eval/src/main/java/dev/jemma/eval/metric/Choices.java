package dev.jemma.eval.metric;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Which of several choices a model takes, from the log-likelihoods of them all. */
public final class Choices {
    private Choices() {}

    /** Index of the largest, the first on ties. */
    public static int best(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    /** Each divided by the length of its choice in Unicode characters (code points). */
    public static double[] perCharacter(double[] sums, List<String> choices) {
        double[] values = new double[sums.length];
        for (int i = 0; i < values.length; i++) {
            String choice = choices.get(i);
            values[i] = sums[i] / choice.codePointCount(0, choice.length());
        }
        return values;
    }

    /** Each divided by the length of its choice in bytes of UTF-8. */
    public static double[] perByte(double[] sums, List<String> choices) {
        double[] values = new double[sums.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = sums[i] / choices.get(i).getBytes(StandardCharsets.UTF_8).length;
        }
        return values;
    }

    /** The share of the golden ones in the probability of all: Σ exp(golden) / Σ exp(all). */
    public static double share(double[] sums, List<Integer> gold) {
        double all = 0;
        double right = 0;
        for (int i = 0; i < sums.length; i++) {
            double p = Math.exp(sums[i]);
            all += p;
            right += gold.contains(i) ? p : 0;
        }
        return right / all;
    }
}
