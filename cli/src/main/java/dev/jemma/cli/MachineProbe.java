package dev.jemma.cli;

import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.memory.HugeArena;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What this machine can do with so many threads, measured in about a second: the limits that {@code jemma bench} holds
 * its figures against. The best of several rounds counts, since neighbours only ever slow a round down.
 *
 * @param readBytesPerSecond reading memory that is in no cache, on huge pages where there are any
 * @param multiplyAddsPerSecond float32 fused multiply-adds, from registers, in the widest vectors that the JVM uses;
 *     8-bit arithmetic can do more
 */
record MachineProbe(double readBytesPerSecond, double multiplyAddsPerSecond) {
    private static final long READ_BYTES = 256L << 20;
    private static final long PROBE_NANOS = 300_000_000L;
    private static final int FMA_FLOATS = 2048; // 8 KiB: stays in the first-level cache
    private static final int FMA_CHAIN = 16;
    private static final int FMA_REPEATS = 2000;

    /** Measures with the threads of a pool of its own. */
    static MachineProbe measure(int threads) {
        try (Workers workers = new WorkerPool(threads)) {
            return new MachineProbe(bandwidth(workers), arithmetic(workers));
        }
    }

    /** The better of two ways to read, on the pages that weights lie on: adding up, and comparing one half to the other. */
    private static double bandwidth(Workers workers) {
        int pieces = workers.threads() * 4;
        long pieceBytes = READ_BYTES / pieces / 128 * 128;
        long[] found = new long[pieces];
        try (Arena arena = HugeArena.ofShared()) {
            MemorySegment[] memory = new MemorySegment[pieces];
            for (int i = 0; i < pieces; i++) {
                memory[i] = arena.allocate(pieceBytes, 64);
                memory[i].fill((byte) 1); // pages that were never written are all the same page
            }
            double added = best(() -> workers.run(pieces, (chunk, _) -> found[chunk] += sum(memory[chunk])));
            double compared = best(() -> workers.run(pieces, (chunk, _) -> found[chunk] += compare(memory[chunk])));
            return (double) pieces * pieceBytes / Math.min(added, compared);
        }
    }

    private static long sum(MemorySegment memory) {
        long sum = 0;
        int count = Math.toIntExact(memory.byteSize() / Long.BYTES);
        for (int i = 0; i < count; i++) {
            sum += memory.getAtIndex(ValueLayout.JAVA_LONG, i);
        }
        return sum;
    }

    private static long compare(MemorySegment memory) {
        long half = memory.byteSize() / 2;
        return MemorySegment.mismatch(memory, 0, half, memory, half, 2 * half);
    }

    private static double arithmetic(Workers workers) {
        float[][] values = new float[workers.threads()][FMA_FLOATS];
        double count = (double) workers.threads() * FMA_REPEATS * FMA_FLOATS * FMA_CHAIN;
        return count
                / best(() -> workers.run(values.length, (chunk, _) -> {
                    for (int i = 0; i < FMA_REPEATS; i++) {
                        multiplyAdd(values[chunk], 0.5f, 0.25f);
                    }
                }));
    }

    /** Sixteen dependent multiply-adds an element: the compiler turns elements into vectors and unrolls over them. */
    private static void multiplyAdd(float[] values, float a, float b) {
        for (int i = 0; i < values.length; i++) {
            float x = values[i];
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            x = Math.fma(x, a, b);
            values[i] = x;
        }
    }

    /** Seconds of the fastest round. */
    private static double best(Runnable round) {
        long best = Long.MAX_VALUE;
        long start = System.nanoTime();
        do {
            long t = System.nanoTime();
            round.run();
            best = Math.min(best, System.nanoTime() - t);
        } while (System.nanoTime() - start < PROBE_NANOS);
        return best / 1e9;
    }
}
