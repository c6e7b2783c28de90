/** Measurements: programs to be run by hand on a quiet machine; nothing else depends on them. */
@NullMarked
package dev.jemma.bench;

import org.jspecify.annotations.NullMarked;
