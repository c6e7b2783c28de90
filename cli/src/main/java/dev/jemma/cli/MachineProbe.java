package dev.jemma.cli;

import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import java.util.Arrays;

/**
 * What this machine can do with so many threads, measured in about a second: the limits that {@code jemma bench} holds
 * its figures against. The best of several rounds counts, since neighbours only ever slow a round down.
 *
 * @param readBytesPerSecond reading memory that is in no cache
 * @param multiplyAddsPerSecond float32 fused multiply-adds, from registers, in the widest vectors that the JVM uses;
 *     8-bit arithmetic can do more
 */
record MachineProbe(double readBytesPerSecond, double multiplyAddsPerSecond) {
    private static final long MIB = 1L << 20;
    private static final long PROBE_NANOS = 500_000_000L;
    private static final int FMA_FLOATS = 2048; // 8 KiB: stays in the first-level cache
    private static final int FMA_CHAIN = 16;
    private static final int FMA_REPEATS = 2000;

    /** Measures with the threads of a pool of its own. */
    static MachineProbe measure(int threads) {
        try (Workers workers = new WorkerPool(threads)) {
            return new MachineProbe(bandwidth(workers), arithmetic(workers));
        }
    }

    private static double bandwidth(Workers workers) {
        long total = Math.clamp(Runtime.getRuntime().maxMemory() / 4, 64 * MIB, 256 * MIB);
        int pieces = workers.threads() * 4;
        long[][] memory = new long[pieces][Math.toIntExact(total / pieces / Long.BYTES)];
        for (long[] piece : memory) {
            Arrays.fill(piece, 1); // pages that were never written are all the same page
        }
        long[] sums = new long[pieces];
        double bytes = (double) pieces * memory[0].length * Long.BYTES;
        return bytes / best(() -> workers.run(pieces, (chunk, _) -> sums[chunk] += sum(memory[chunk])));
    }

    private static long sum(long[] memory) {
        long sum = 0;
        for (long x : memory) {
            sum += x;
        }
        return sum;
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
