package dev.jemma.infer;

import dev.jemma.kernel.Span;
import dev.jemma.model.Batch;
import dev.jemma.model.KvCache;
import java.util.ArrayList;
import java.util.List;

/**
 * The rows of one sequence in a batch: tokens that wait for their pass, then guesses at what follows them. A guess is
 * stored at its position like any token; if it was wrong, the right token is stored over it in the next pass.
 */
final class Slice {
    final Sequence sequence;
    final int firstRow;
    final int rows; // guesses included
    private final int[] guess;
    private int accepted;

    /** @param pending tokens of the sequence, at least 1; all that wait for their pass if there is a guess */
    Slice(Sequence sequence, int firstRow, int pending, int[] guess) {
        this.sequence = sequence;
        this.firstRow = firstRow;
        this.guess = guess;
        rows = pending + guess.length;
    }

    /** Guessed tokens. */
    int guessed() {
        return guess.length;
    }

    /** Guessed tokens that were right so far. */
    int accepted() {
        return accepted;
    }

    /** Whether the next token was guessed to be this one: then its row holds, too. */
    boolean confirms(int id) {
        boolean right = accepted < guess.length && guess[accepted] == id;
        accepted += right ? 1 : 0;
        return right;
    }

    /** The batch of slices laid end to end; takes the blocks that they need. */
    static Batch batch(List<Slice> slices, KvCache cache) {
        Slice last = slices.getLast();
        int total = last.firstRow + last.rows;
        int[] tokens = new int[total];
        int[] positions = new int[total];
        for (Slice s : slices) {
            int start = s.sequence.computed();
            int sure = s.rows - s.guess.length;
            s.sequence.reserve(start + s.rows);
            for (int i = 0; i < s.rows; i++) {
                positions[s.firstRow + i] = start + i;
                tokens[s.firstRow + i] = i < sure ? s.sequence.tokens.id(start + i) : s.guess[i - sure];
            }
        }
        List<List<Span>> spans = new ArrayList<>();
        for (int g = 0; g < cache.groups(); g++) {
            List<Span> ofGroup = new ArrayList<>(slices.size());
            for (Slice s : slices) {
                ofGroup.add(s.sequence.span(g, s.firstRow, s.rows));
            }
            spans.add(ofGroup);
        }
        return new Batch(tokens, positions, spans, adapted(slices));
    }

    private static boolean continues(Batch.Adapted last, Batch.Adapted next) {
        return last.adapter().equals(next.adapter()) && last.firstRow() + last.rows() == next.firstRow();
    }

    /** Which rows an adapter serves; neighbours with the same one go together. */
    private static List<Batch.Adapted> adapted(List<Slice> slices) {
        List<Batch.Adapted> adapted = new ArrayList<>();
        for (Slice s : slices) {
            s.sequence.job.binding().ifPresent(binding -> {
                Batch.Adapted next = new Batch.Adapted(binding, s.firstRow, s.rows);
                if (!adapted.isEmpty() && continues(adapted.getLast(), next)) {
                    Batch.Adapted last = adapted.removeLast();
                    next = new Batch.Adapted(binding, last.firstRow(), last.rows() + s.rows);
                }
                adapted.add(next);
            });
        }
        return adapted;
    }
}
