/** Runs programs that a model wrote, in a process that can do no harm. */
@NullMarked
package dev.jemma.eval.sandbox;

import org.jspecify.annotations.NullMarked;
