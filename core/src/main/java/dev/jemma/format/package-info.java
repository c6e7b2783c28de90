/** Model files: GGUF, safetensors and the JSON files beside them, read and written. */
@NullMarked
package dev.jemma.format;

import org.jspecify.annotations.NullMarked;
