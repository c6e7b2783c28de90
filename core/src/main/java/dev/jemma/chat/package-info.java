/** Chat templates as code: turns in, token ids out. */
@NullMarked
package dev.jemma.chat;

import org.jspecify.annotations.NullMarked;
