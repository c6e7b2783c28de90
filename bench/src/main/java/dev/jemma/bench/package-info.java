/** JMH benchmarks, each with its peers. */
@NullMarked
package dev.jemma.bench;

import org.jspecify.annotations.NullMarked;
