/** The {@code jemma} command: one small class a subcommand. */
@NullMarked
package dev.jemma.cli;

import org.jspecify.annotations.NullMarked;
