/** The evaluation harness: tasks make requests, a scorer answers them, the answers become figures. */
@NullMarked
package dev.jemma.eval;

import org.jspecify.annotations.NullMarked;
