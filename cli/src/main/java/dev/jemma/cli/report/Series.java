package dev.jemma.cli.report;

/**
 * One curve.
 *
 * @param name for the legend
 * @param x steps or seconds, ascending
 * @param y a finite value for each
 */
public record Series(String name, double[] x, double[] y) {
    private static final int MOST_POINTS = 600;

    /** Whether there is anything to draw. */
    boolean isEmpty() {
        return x.length == 0;
    }

    /** The same curve with few enough points to draw: means of neighbours. */
    Series thinned() {
        if (x.length <= MOST_POINTS) {
            return this;
        }
        double[] fewX = new double[MOST_POINTS];
        double[] fewY = new double[MOST_POINTS];
        for (int i = 0; i < MOST_POINTS; i++) {
            int from = (int) ((long) i * x.length / MOST_POINTS);
            int to = (int) ((long) (i + 1) * x.length / MOST_POINTS);
            for (int j = from; j < to; j++) {
                fewY[i] += y[j] / (to - from);
            }
            fewX[i] = x[to - 1];
        }
        return new Series(name, fewX, fewY);
    }
}
