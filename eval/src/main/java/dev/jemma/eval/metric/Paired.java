package dev.jemma.eval.metric;

/** What two runs over the same items tell about their difference: much more than their two standard errors do. */
public final class Paired {
    private static final double CONFIDENCE_95 = 1.959963984540054;

    private Paired() {}

    /**
     * A mean difference.
     *
     * @param value second less first
     * @param error standard error of the paired difference; not a number for fewer than two items
     */
    public record Difference(double value, double error) {
        /** Lower end of the 95 % interval. */
        public double low() {
            return value - CONFIDENCE_95 * error;
        }

        /** Upper end of the 95 % interval. */
        public double high() {
            return value + CONFIDENCE_95 * error;
        }
    }

    /** The mean of second − first, item by item. */
    public static Difference difference(double[] first, double[] second) {
        if (first.length != second.length) {
            throw new IllegalArgumentException(first.length + " and " + second.length + " items are no pairs");
        }
        double[] differences = new double[first.length];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = second[i] - first[i];
        }
        return new Difference(Statistics.mean(differences), Statistics.meanError(differences));
    }

    /**
     * McNemar's test, exact: how likely it is that so many or more of the items on which two runs disagree fall to one
     * side, if each side were as likely. Two-sided; 1 if they agree on all.
     *
     * @param onlyFirst items that only the first run has right
     * @param onlySecond items that only the second has right
     */
    public static double mcNemar(int onlyFirst, int onlySecond) {
        int n = Math.addExact(onlyFirst, onlySecond);
        int fewer = Math.min(onlyFirst, onlySecond);
        double logHalfToN = -n * Math.log(2);
        double logChoose = 0; // of n over i
        double tail = 0;
        for (int i = 0; i <= fewer; i++) {
            tail += Math.exp(logChoose + logHalfToN);
            logChoose += Math.log(n - i) - Math.log(i + 1);
        }
        return Math.min(1, 2 * tail);
    }
}
