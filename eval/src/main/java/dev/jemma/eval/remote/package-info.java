/** Answers from a model behind an endpoint; the connection itself is the caller's. */
@NullMarked
package dev.jemma.eval.remote;

import org.jspecify.annotations.NullMarked;
