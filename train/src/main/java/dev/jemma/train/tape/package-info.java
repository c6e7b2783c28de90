/** The model run with a record of what was done, and the gradients that follow from it. */
@NullMarked
package dev.jemma.train.tape;

import org.jspecify.annotations.NullMarked;
