package dev.jemma.data;

import java.util.List;
import java.util.NoSuchElementException;

/**
 * A deterministic stream of batches, endless or of so many epochs. Everything it does follows from its arguments and its
 * {@link Cursor}; there is no other state. For use by one thread.
 */
public interface BatchSource {
    /** Whether {@link #next} has another batch; always true where the stream is endless. */
    boolean hasNext();

    /**
     * The next batch; it has at least one row that is trained.
     *
     * @throws NoSuchElementException if {@link #hasNext} is false
     */
    PackedBatch next();

    /** Where the batch begins that {@link #next} gives next. */
    Cursor cursor();

    /**
     * Goes to where another source of the same examples and options was.
     *
     * @throws DataException if the cursor is of other data or other options
     */
    void seek(Cursor cursor);

    /** Every example once in each epoch, each epoch in another order; without end. */
    static BatchSource endless(Examples examples, Packing packing, long seed) {
        return new PackedSource(Draws.shuffled(examples, seed, Long.MAX_VALUE), packing);
    }

    /**
     * Every example once in each epoch, each epoch in another order.
     *
     * @param epochs at least 1
     */
    static BatchSource shuffled(Examples examples, Packing packing, long seed, int epochs) {
        return new PackedSource(Draws.shuffled(examples, seed, Math.multiplyExact(epochs, examples.size())), packing);
    }

    /** Every example once, nearly in order (packing moves some within its look-ahead): for evaluation. */
    static BatchSource once(Examples examples, Packing packing) {
        return new PackedSource(Draws.inOrder(examples), packing);
    }

    /**
     * Several sets of examples, whose shares of the rows are those of the stage that the run is in; without end. An
     * example's set is chosen by a random number that is keyed by seed and position.
     *
     * @param sets in the order of the stages' weights
     * @param stages which shares hold up to which part of the run
     * @param totalRows rows of the whole run, which tell the stage
     */
    static BatchSource mixed(List<Examples> sets, List<Stage> stages, long totalRows, Packing packing, long seed) {
        return new PackedSource(Draws.mixed(sets, stages, totalRows, seed), packing);
    }
}
