package dev.jemma.infer;

import dev.jemma.infer.constraint.TokenMask;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which logits the choice of a token depends on, if not on all.
 *
 * @param largest how many of the largest; empty: all of the mask
 * @param mask of which tokens; empty: of all
 */
record LogitChoice(OptionalInt largest, Optional<TokenMask> mask) {}
