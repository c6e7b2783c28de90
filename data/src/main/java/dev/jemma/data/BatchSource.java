package dev.jemma.data;

/** A deterministic stream of batches, endless or of so many epochs. */
public interface BatchSource {
    /** Whether {@link #next} has another batch. */
    boolean hasNext();

    /** The next batch. */
    PackedBatch next();

    /** Where the stream stands: what {@link #next} gives after a {@link #seek} to it is what it gives now. */
    Cursor cursor();

    /** Goes on from there. */
    void seek(Cursor cursor);
}
