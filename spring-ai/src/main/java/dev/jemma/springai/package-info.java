/** Gemma in process behind Spring AI's interfaces. The models belong to the caller, who opens and closes them. */
@NullMarked
package dev.jemma.springai;

import org.jspecify.annotations.NullMarked;
