/** Measurements, each beside its peers: JMH benchmarks and programs to be run by hand on a quiet machine. */
@NullMarked
package dev.jemma.bench;

import org.jspecify.annotations.NullMarked;
