package dev.jemma.train.tape;

/**
 * KL(teacher ‖ student) over the whole vocabulary or over the tokens that the teacher's file keeps, as Gemma 2 and 3 were
 * trained. The student's probabilities are those over the whole vocabulary in both cases.
 */
public final class Distillation {
    private Distillation() {}

    /** A teacher that gives logits for every token. */
    @FunctionalInterface
    public interface Full {
        /** The teacher's logits [V] of the {@code index}-th row. */
        float[] logits(int index);
    }

    /**
     * Some tokens of a row and the teacher's logits of them.
     *
     * @param tokens each once
     */
    public record Sample(int[] tokens, float[] logits) {}

    /** A teacher that gives logits for some tokens; all others count as impossible. */
    @FunctionalInterface
    public interface Sampled {
        /** The sample of the {@code index}-th row. */
        Sample sample(int index);
    }

    /** The loss against a full teacher. */
    public static RowLoss full(Full teacher, double weight) {
        return (index, row) -> {
            float[] logits = teacher.logits(index);
            if (logits.length != row.size()) {
                throw new IllegalArgumentException("the teacher gives " + logits.length + " logits, the student "
                        + row.size() + ": they need one vocabulary");
            }
            double lse = logSumExp(logits);
            double loss = 0;
            float[] dense = new float[logits.length];
            for (int i = 0; i < logits.length; i++) {
                double logProb = logits[i] - lse;
                double p = Math.exp(logProb);
                loss += p == 0 ? 0 : p * (logProb - row.logProb(i));
                dense[i] = (float) (-weight * p);
            }
            return new RowLoss.Slope(weight * loss, weight, 0, new int[0], new double[0], dense);
        };
    }

    /** The loss against sampled logits. */
    public static RowLoss sampled(Sampled teacher, double weight) {
        return (index, row) -> {
            Sample sample = teacher.sample(index);
            double lse = logSumExp(sample.logits());
            double[] additions = new double[sample.tokens().length];
            double loss = 0;
            for (int i = 0; i < additions.length; i++) {
                double logProb = sample.logits()[i] - lse;
                double p = Math.exp(logProb);
                loss += p == 0 ? 0 : p * (logProb - row.logProb(sample.tokens()[i]));
                additions[i] = -weight * p;
            }
            return new RowLoss.Slope(weight * loss, weight, 0, sample.tokens(), additions);
        };
    }

    private static double logSumExp(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }
}
