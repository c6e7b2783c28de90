/** What turns gradients into changes of weights. */
@NullMarked
package dev.jemma.train.optimizer;

import org.jspecify.annotations.NullMarked;
