/** What every room of Jemma shares: its exception. The walk of a token starts in {@code dev.jemma.tokenizer}. */
@NullMarked
package dev.jemma;

import org.jspecify.annotations.NullMarked;
