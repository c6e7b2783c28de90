/** Element types and matrices of activations in native memory. */
@NullMarked
package dev.jemma.tensor;

import org.jspecify.annotations.NullMarked;
