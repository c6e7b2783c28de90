/** The benchmarks, one readable file each; {@link dev.jemma.eval.task.Benchmarks} lists them. */
@NullMarked
package dev.jemma.eval.task;

import org.jspecify.annotations.NullMarked;
