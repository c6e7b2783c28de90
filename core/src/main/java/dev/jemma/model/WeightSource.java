package dev.jemma.model;

import dev.jemma.tensor.Tensor;

/** Where the weights of a {@link Gemma} come from: read from files, or made for a new model. */
public interface WeightSource {
    /** The matrix [out, in] of a weight that is one. */
    Linear matrix(Weight weight);

    /** A norm's factors [1, n], ready to multiply: the generation's 1 is already added (DESIGN 5.3). */
    Tensor norm(Weight weight);
}
