/** A load generator for OpenAI-compatible servers: what is asked when, what came back when, and figures of it. */
@NullMarked
package dev.jemma.cli.load;

import org.jspecify.annotations.NullMarked;
