/** Which examples stand before a question: Python's random numbers, and the draws made with them. */
@NullMarked
package dev.jemma.eval.fewshot;

import org.jspecify.annotations.NullMarked;
