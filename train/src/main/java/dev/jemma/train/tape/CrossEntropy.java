package dev.jemma.train.tape;

/**
 * Negative log-likelihood of the targets: {@code weight · Σ (−log p(target))}, with two terms that keep logits in bounds.
 *
 * @param targets of each row
 * @param weight of each row: 1 for a sum, 1/n for a mean over n targets
 * @param smoothing ε of label smoothing: the target counts 1 − ε, and every token ε/V
 * @param zLoss c of c·(log Σ exp z)²
 */
public record CrossEntropy(int[] targets, double weight, double smoothing, double zLoss) implements RowLoss {
    /** The plain mean or sum. */
    public CrossEntropy(int[] targets, double weight) {
        this(targets, weight, 0, 0);
    }

    @Override
    public Slope at(int index, LogitRow row) {
        int target = targets[index];
        double lse = row.logSumExp();
        double loss = -(1 - smoothing) * row.logProb(target) + zLoss * lse * lse;
        if (smoothing > 0) {
            double sum = 0;
            for (int i = 0; i < row.size(); i++) {
                sum += row.logit(i);
            }
            loss += smoothing * (lse - sum / row.size());
        }
        return new Slope(
                weight * loss,
                weight * (1 + 2 * zLoss * lse),
                -weight * smoothing / row.size(),
                new int[] {target},
                new double[] {-weight * (1 - smoothing)});
    }
}
