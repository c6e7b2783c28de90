package dev.jemma.eval.metric;

import java.util.Random;
import java.util.function.ToDoubleFunction;

/** Means and their standard errors. */
public final class Statistics {
    private Statistics() {}

    /** Σ x / n; not a number if there are none. */
    public static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Standard error of the mean: the sample's standard deviation (n − 1) over √n; not a number for fewer than two. */
    public static double meanError(double[] values) {
        if (values.length < 2) {
            return Double.NaN;
        }
        double mean = mean(values);
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / (values.length - 1) / values.length);
    }

    /**
     * Standard error of any figure by bootstrap: its standard deviation over samples drawn with replacement.
     *
     * @param values one row an item
     * @param figure of a set of rows
     */
    public static double bootstrapError(double[][] values, ToDoubleFunction<double[][]> figure, int rounds, long seed) {
        if (values.length < 2 || rounds < 2) {
            return Double.NaN;
        }
        Random random = new Random(seed);
        double[] figures = new double[rounds];
        double[][] drawn = new double[values.length][];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < drawn.length; i++) {
                drawn[i] = values[random.nextInt(values.length)];
            }
            figures[round] = figure.applyAsDouble(drawn);
        }
        return meanError(figures) * Math.sqrt(rounds);
    }

    /**
     * Standard error of the mean over all items of several tasks, from the tasks' own errors, as if all had the same
     * spread: the pooled variance of lm-evaluation-harness.
     */
    public static double pooledError(double[] errors, long[] sizes) {
        double squares = 0;
        long items = 0;
        for (int i = 0; i < errors.length; i++) {
            squares += (sizes[i] - 1) * errors[i] * errors[i] * sizes[i];
            items += sizes[i];
        }
        return items <= errors.length ? Double.NaN : Math.sqrt(squares / (items - errors.length) / items);
    }

    /** Standard error of the plain mean of several tasks' figures, which are independent. */
    public static double macroError(double[] errors) {
        double squares = 0;
        for (double error : errors) {
            squares += error * error;
        }
        return Math.sqrt(squares) / errors.length;
    }
}
