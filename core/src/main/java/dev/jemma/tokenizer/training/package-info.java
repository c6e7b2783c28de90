/** Learns a vocabulary from text: SentencePiece's byte-pair encoding, piece for piece. */
@NullMarked
package dev.jemma.tokenizer.training;

import org.jspecify.annotations.NullMarked;
