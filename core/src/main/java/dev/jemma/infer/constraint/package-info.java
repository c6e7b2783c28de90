/** What generated text must look like: regular expressions and JSON Schemas as automata over bytes, and the tokens that they allow. */
@NullMarked
package dev.jemma.infer.constraint;

import org.jspecify.annotations.NullMarked;
