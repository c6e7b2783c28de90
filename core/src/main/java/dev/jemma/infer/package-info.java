/** The engine: requests in, tokens out; scheduling, paged KV cache, sampling. */
@NullMarked
package dev.jemma.infer;

import org.jspecify.annotations.NullMarked;
