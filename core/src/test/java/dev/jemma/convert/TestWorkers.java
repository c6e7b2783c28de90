package dev.jemma.convert;

import dev.jemma.kernel.Workers;
import java.util.stream.IntStream;

/** Workers over the common pool, for tests of what runs in them. */
record TestWorkers(int threads) implements Workers {
    @Override
    public void run(int chunks, Chunk work) {
        if (threads == 1) {
            for (int i = 0; i < chunks; i++) {
                work.run(i, 0);
            }
        } else {
            IntStream.range(0, chunks).parallel().forEach(i -> work.run(i, i));
        }
    }

    @Override
    public void close() {}
}
