/** Answers to mathematical problems: found in a text, normalised, compared. */
@NullMarked
package dev.jemma.eval.math;

import org.jspecify.annotations.NullMarked;
