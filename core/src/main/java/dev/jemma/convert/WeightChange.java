package dev.jemma.convert;

import dev.jemma.format.SafetensorsFile;
import dev.jemma.model.Adapter;

/** What becomes of a model's weights on their way into a new file. */
public sealed interface WeightChange {
    /**
     * Matrices take in an adapter: W + s·B·A, computed in float32 from exactly decoded weights, rounded only to the type
     * that is written.
     *
     * @param adapter made for the model; its memory stays open until the file is written
     */
    record Merged(Adapter adapter) implements WeightChange {}

    /**
     * All weights are others, those that a training run ended with.
     *
     * @param weights every tensor of the model by its Hugging Face name, norms without their 1; the caller closes it
     */
    record Trained(SafetensorsFile weights) implements WeightChange {}
}
