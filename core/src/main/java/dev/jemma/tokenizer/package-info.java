/** Text to token ids and back: SentencePiece BPE, exact, from each of the three file formats. */
@NullMarked
package dev.jemma.tokenizer;

import org.jspecify.annotations.NullMarked;
