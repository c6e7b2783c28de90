package dev.jemma.kernel;

/**
 * The numbers of one step of AdamW ({@link TrainingKernels#adamW}).
 *
 * @param factor of the gradient: what clipping leaves of it
 * @param toMean 1 − β1
 * @param beta2 β2
 * @param toSquare 1 − β2
 * @param stepSize learning rate / (1 − β1ᵗ)
 * @param squareRoot √(1 − β2ᵗ)
 * @param epsilon ε
 * @param keep what decay leaves of the values: 1 − learning rate · decay
 */
public record AdamStep(
        float factor,
        float toMean,
        float beta2,
        float toSquare,
        float stepSize,
        float squareRoot,
        float epsilon,
        float keep) {}
