package dev.jemma.data;

/** An endless, deterministic stream of batches. */
public interface BatchSource {
    /** The next batch. */
    PackedBatch next();

    /** Where the stream stands: what {@link #next} gives after a {@link #seek} to it is what it gives now. */
    Cursor cursor();

    /** Goes on from there. */
    void seek(Cursor cursor);
}
