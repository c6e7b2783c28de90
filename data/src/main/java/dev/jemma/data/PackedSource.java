package dev.jemma.data;

import dev.jemma.data.PackedBatch.Document;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Fills batches with examples: the oldest that waits, then again and again the longest that still fits, among a bounded
 * number that wait. Where none fits, the oldest text is cut; what is left of it begins the next batch. Every token of
 * every example is a row, or the target of one, exactly once.
 */
final class PackedSource implements BatchSource {
    /** An example that waits, and how much of it is done. */
    private static final class Pending {
        final Draws.Draw draw;
        final Example example;
        final boolean text;
        int done;

        Pending(Draws.Draw draw, Example example, int done) {
            this.draw = draw;
            this.example = example;
            this.text = example.isText();
            this.done = done;
        }

        int left() {
            return example.rows() - done;
        }
    }

    private final Draws draws;
    private final Packing packing;
    private final String fingerprint;
    private final List<Pending> pending = new ArrayList<>();
    private long batches;
    private long rows;

    PackedSource(Draws draws, Packing packing) {
        this.draws = draws;
        this.packing = packing;
        this.fingerprint =
                draws.fingerprint() + "-" + Hashes.hex(packing.toString()).substring(0, 8);
    }

    @Override
    public boolean hasNext() {
        return !pending.isEmpty() || draws.hasNext();
    }

    @Override
    public Cursor cursor() {
        List<Cursor.Waiting> waiting = pending.stream()
                .map(one -> new Cursor.Waiting(one.draw.set(), one.draw.ordinal(), one.done))
                .toList();
        return new Cursor(fingerprint, batches, rows, draws.drawnRows(), draws.drawn(), waiting);
    }

    @Override
    public void seek(Cursor cursor) {
        if (!cursor.source().equals(fingerprint)) {
            throw new DataException(
                    "the run was made with other data, or with another sequence length, batch, mixture or"
                            + " seed: go on with the same, or start a new run");
        }
        List<Pending> wanted = new ArrayList<>();
        boolean wrong = cursor.drawn().size() != draws.sets();
        for (Cursor.Waiting one : cursor.waiting()) {
            if (wrong
                    || one.set() >= draws.sets()
                    || one.ordinal() >= cursor.drawn().get(one.set())) {
                throw damaged();
            }
            Draws.Draw draw = new Draws.Draw(one.set(), one.ordinal());
            Pending here = new Pending(draw, draws.example(draw), one.rowsDone());
            if (here.left() < 1 || (one.rowsDone() > 0 && !here.text)) {
                throw damaged();
            }
            wanted.add(here);
        }
        if (wrong) {
            throw damaged();
        }
        pending.clear();
        pending.addAll(wanted);
        batches = cursor.batches();
        rows = cursor.rows();
        draws.seek(cursor.drawn(), cursor.drawnRows());
    }

    private static DataException damaged() {
        return new DataException("the place in the training data is damaged; take an older checkpoint");
    }

    @Override
    public PackedBatch next() {
        fill();
        if (pending.isEmpty()) {
            throw new NoSuchElementException("the examples are used up");
        }
        Builder batch = new Builder(packing.rows());
        while (true) {
            int index = batch.rows == 0 ? 0 : best(batch.left());
            if (index >= 0) {
                Pending one = pending.get(index);
                take(index, unit(one), batch);
            } else {
                cut(batch);
                break;
            }
            fill();
        }
        batches++;
        rows += batch.rows;
        return batch.build();
    }

    private void fill() {
        while (pending.size() < packing.lookAhead()) {
            var draw = draws.next();
            if (draw.isEmpty()) {
                return;
            }
            Example example = draws.example(draw.get());
            if (example.trainedTokens() == 0) {
                throw new DataException("an example has no token to be trained on; jemma prepare tells which");
            }
            draws.count(example);
            Pending one = new Pending(draw.get(), example, 0);
            if (!one.text && example.rows() > packing.documentRows()) {
                throw new DataException("a chat has " + example.length() + " tokens, but the sequence length is "
                        + packing.documentRows() + ": prepare the data with --max-length " + packing.documentRows());
            }
            pending.add(one);
        }
    }

    /** Rows of the next piece: all that is left, unless that is longer than a sequence. */
    private int unit(Pending one) {
        int most = packing.documentRows();
        if (one.left() <= most) {
            return one.left();
        }
        int rest = one.left() - most;
        return rest >= packing.smallestPiece() ? most : one.left() - packing.smallestPiece();
    }

    /** The longest that fits, the oldest of those that are equally long; −1 if none fits. */
    private int best(int room) {
        int best = -1;
        int bestRows = 0;
        for (int i = 0; i < pending.size(); i++) {
            int unit = unit(pending.get(i));
            if (unit <= room && unit > bestRows) {
                best = i;
                bestRows = unit;
            }
        }
        return best;
    }

    /** Fills what room is left with the beginning of a text, if that leaves two pieces worth having. */
    private void cut(Builder batch) {
        int smallest = packing.smallestPiece();
        for (int i = 0; i < pending.size(); i++) {
            Pending one = pending.get(i);
            int length = Math.min(batch.left(), one.left() - smallest);
            if (one.text && length >= smallest) {
                take(i, length, batch);
                return;
            }
        }
    }

    private void take(int index, int length, Builder batch) {
        Pending one = pending.get(index);
        batch.add(one.example, one.done, length);
        one.done += length;
        if (one.left() == 0) {
            pending.remove(index);
        }
    }

    /** A batch that grows. */
    private static final class Builder {
        private final int[] tokens;
        private final int[] targets;
        private final List<Document> documents = new ArrayList<>();
        private int rows;

        Builder(int capacity) {
            tokens = new int[capacity];
            targets = new int[capacity];
        }

        int left() {
            return tokens.length - rows;
        }

        /** Rows [from, from + length) of an example; a later piece begins with the first token again. */
        void add(Example example, int from, int length) {
            documents.add(new Document(rows, length));
            for (int i = 0; i < length; i++) {
                int at = from + i;
                tokens[rows + i] = example.tokens()[i == 0 ? 0 : at];
                targets[rows + i] = example.trained()[at + 1] ? example.tokens()[at + 1] : PackedBatch.NO_TARGET;
            }
            rows += length;
        }

        PackedBatch build() {
            return new PackedBatch(Arrays.copyOf(tokens, rows), Arrays.copyOf(targets, rows), documents);
        }
    }
}
