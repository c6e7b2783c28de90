/** Block formats of quantized weights: exact decoders and encoders of every GGUF type. */
@NullMarked
package dev.jemma.quant;

import org.jspecify.annotations.NullMarked;
