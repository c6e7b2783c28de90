package dev.jemma.train.optimizer;

import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.Workers;
import dev.jemma.train.tape.Parameter;
import java.util.List;

/**
 * The length of all gradients together, and the factor that keeps it within a limit.
 *
 * @param value √Σ g²; not finite if a gradient is not
 */
public record GradientNorm(double value) {
    private static final double EPSILON =
            1e-6; // as in other trainers: a limit of exactly the norm still clips a little

    /** Of these parameters, the tied embedding once. */
    public static GradientNorm of(Kernels kernels, Workers workers, List<Parameter> parameters) {
        double total = 0;
        for (Parameter p : parameters) {
            total += kernels.training().sumOfSquares(workers, p.gradient(), p.floats());
        }
        return new GradientNorm(Math.sqrt(total));
    }

    /** {@code min(1, limit / (norm + 1e-6))}; 1 for a limit of 0, which means none. */
    public double clipFactor(double limit) {
        return limit == 0 ? 1 : Math.min(1, limit / (value + EPSILON));
    }
}
