/** Evaluation: tasks, requests, metrics and what is reported of them. */
@NullMarked
package dev.jemma.eval;

import org.jspecify.annotations.NullMarked;
