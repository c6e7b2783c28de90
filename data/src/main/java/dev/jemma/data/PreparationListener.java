package dev.jemma.data;

/** Hears how far the reading of training data is. Called from one thread. */
@FunctionalInterface
public interface PreparationListener {
    /**
     * More was read and tokenized.
     *
     * @param bytes of the files so far, before unpacking
     * @param totalBytes of all files
     */
    void at(long bytes, long totalBytes);
}
