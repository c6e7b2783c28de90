package dev.jemma.kernel;

/**
 * The process's compute threads. Work is cut into numbered chunks that threads take from a shared counter, so a busy
 * neighbour delays only the chunk it holds; the caller is one of the workers.
 */
public interface Workers extends AutoCloseable {
    /** A piece of work; {@code worker} in 0 … {@link #threads()} − 1 names scratch memory that no other chunk uses now. */
    @FunctionalInterface
    interface Chunk {
        /** Does chunk {@code chunk}, counted from 0, on the thread {@code worker}, counted from 0. */
        void run(int chunk, int worker);
    }

    /** Threads that take part, the caller included. */
    int threads();

    /** Runs chunks 0 … {@code chunks} − 1 and returns when all are done. An exception of a chunk is thrown here. */
    void run(int chunks, Chunk work);

    @Override
    void close();
}
