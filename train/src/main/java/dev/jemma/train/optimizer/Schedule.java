package dev.jemma.train.optimizer;

/**
 * The learning rate by step. It rises in a line from 0 over the first {@code warmup} steps, so that step 0 of a warm-up
 * moves nothing and only fills the optimizer's memory.
 *
 * @param shape what comes after the warm-up
 * @param peak the highest learning rate
 * @param warmup steps of the rise; 0 for none
 * @param total steps of the run
 * @param decay steps of the fall at the end, for {@link Shape#WSD}
 * @param floor share of the peak that the fall ends at
 */
public record Schedule(Shape shape, double peak, long warmup, long total, long decay, double floor) {
    /** Courses after the warm-up. */
    public enum Shape {
        /** The peak to the end. */
        CONSTANT,
        /** Half a cosine down to the floor. */
        COSINE,
        /** Warm-up, stable, decay: the peak, then a line down to the floor over the last steps. */
        WSD
    }

    public Schedule {
        if (!(peak >= 0) || warmup < 0 || total < 1 || decay < 0 || !(floor >= 0 && floor <= 1)) {
            throw new IllegalArgumentException("a schedule of peak " + peak + ", warm-up " + warmup + ", total " + total
                    + ", decay " + decay + ", floor " + floor + " makes no sense");
        }
    }

    /** The same rate always. */
    public static Schedule constant(double rate, long total) {
        return new Schedule(Shape.CONSTANT, rate, 0, total, 0, 1);
    }

    /** The learning rate of step {@code step}, from 0. */
    public double at(long step) {
        if (step < warmup) {
            return peak * step / warmup;
        }
        return peak
                * switch (shape) {
                    case CONSTANT -> 1;
                    case COSINE -> {
                        double progress = Math.min(1, (double) (step - warmup) / Math.max(1, total - warmup));
                        yield floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress));
                    }
                    case WSD -> {
                        long left = Math.max(0, total - step);
                        yield left >= decay ? 1 : floor + (1 - floor) * left / decay;
                    }
                };
    }
}
