package dev.jemma.model;

import dev.jemma.tensor.Tensor;

/** Watches a forward pass: gets each named step as it is computed. The tensor is only valid during the call. */
@FunctionalInterface
public interface Probe {
    void step(String name, Tensor x);

    /** Watches nothing. */
    Probe NONE = (name, x) -> {};
}
