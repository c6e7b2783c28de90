package dev.jemma.kernel;

/** Cuts work over rows into chunks that are worth a thread's while; small work runs in the caller at once. */
final class Split {
    /** Elements below which handing work to another thread costs more than it saves. */
    private static final long ELEMENTS_PER_CHUNK = 16 * 1024;

    /** Work on rows {@code from} (inclusive) to {@code to} (exclusive). */
    @FunctionalInterface
    interface Rows {
        void run(int from, int to);
    }

    private Split() {}

    static void rows(Workers workers, int rows, int elementsPerRow, Rows work) {
        int perChunk = (int) Math.max(1, ELEMENTS_PER_CHUNK / Math.max(1, elementsPerRow));
        if (rows <= perChunk) {
            work.run(0, rows);
            return;
        }
        int chunks = Math.ceilDiv(rows, perChunk);
        workers.run(chunks, (chunk, worker) -> {
            int from = (int) ((long) rows * chunk / chunks);
            work.run(from, (int) (rows * (chunk + 1L) / chunks)); // as even as can be
        });
    }
}
