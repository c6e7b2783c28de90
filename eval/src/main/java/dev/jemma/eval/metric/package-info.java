/** Numbers from answers: filters on text, scores of an item, means and their errors. */
@NullMarked
package dev.jemma.eval.metric;

import org.jspecify.annotations.NullMarked;
