package dev.jemma.model;

import dev.jemma.tensor.Tensor;

/** Watches a forward pass: gets each named step as it is computed. The tensor is only valid during the call. */
@FunctionalInterface
public interface Probe {
    /** A step was computed; {@code x} may be read until this returns, and must not be changed. */
    void step(String name, Tensor x);

    /** Watches nothing. */
    Probe NONE = (name, x) -> {};
}
