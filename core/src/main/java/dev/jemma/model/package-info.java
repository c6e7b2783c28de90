/** The model definition: configuration, weights, and the forward pass over {@code Ops}. */
@NullMarked
package dev.jemma.model;

import org.jspecify.annotations.NullMarked;
