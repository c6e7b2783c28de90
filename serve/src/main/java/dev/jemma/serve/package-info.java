/** The server: the one engine behind OpenAI's HTTP interface. */
@NullMarked
package dev.jemma.serve;

import org.jspecify.annotations.NullMarked;
