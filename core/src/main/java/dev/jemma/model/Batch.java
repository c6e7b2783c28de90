package dev.jemma.model;

import dev.jemma.kernel.Span;
import java.util.List;

/**
 * T tokens of any number of sequences, laid end to end: which rows belong to which sequence, at which positions, and
 * where their keys and values live. Prefill, decode, scoring and packed training are the same lines of {@link Gemma}
 * over different batches.
 *
 * @param tokens token id of each row
 * @param positions position of each row in its sequence
 * @param spans for each group of layers of the {@link KvCache}, the rows of each sequence and its block table there
 */
public record Batch(int[] tokens, int[] positions, List<List<Span>> spans) {
    public Batch {
        if (tokens.length != positions.length) {
            throw new IllegalArgumentException(tokens.length + " tokens but " + positions.length + " positions");
        }
        spans = List.copyOf(spans);
    }

    /** T. */
    public int rows() {
        return tokens.length;
    }
}
