/** From one model format to another: Hugging Face folders to GGUF and back, and to other element types. */
@NullMarked
package dev.jemma.convert;

import org.jspecify.annotations.NullMarked;
