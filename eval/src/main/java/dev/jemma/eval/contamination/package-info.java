/** Finds what of the benchmarks stands in a training corpus. */
@NullMarked
package dev.jemma.eval.contamination;

import org.jspecify.annotations.NullMarked;
