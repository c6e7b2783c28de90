/** Training runs: configuration, run folder, checkpoints, and the loop. */
@NullMarked
package dev.jemma.train;

import org.jspecify.annotations.NullMarked;
