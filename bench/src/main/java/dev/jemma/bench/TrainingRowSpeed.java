package dev.jemma.bench;

import dev.jemma.kernel.AdamStep;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.TrainingKernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/** Speed of training's operations on rows, in 10^6 elements a second. Arguments: threads, milliseconds a case. */
public final class TrainingRowSpeed {
    private static final int ROWS = 128;
    private static final int COLS = 1 << 17;

    private final TrainingKernels training = KernelProviders.choose().training();
    private final Workers workers;
    private final long nanosPerCase;

    private TrainingRowSpeed(int threads, long nanosPerCase) {
        workers = new WorkerPool(threads);
        this.nanosPerCase = nanosPerCase;
    }

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        long millis = args.length > 1 ? Long.parseLong(args[1]) : 1000;
        new TrainingRowSpeed(threads, millis * 1_000_000).all();
    }

    private void all() {
        try (Arena arena = Arena.ofShared()) {
            Tensor a = random(arena, ROWS, COLS);
            Tensor b = random(arena, ROWS, COLS);
            Tensor c = random(arena, ROWS, COLS);
            Tensor d = random(arena, ROWS, COLS);
            float[] lse = new float[ROWS];
            float[] ones = new float[ROWS];
            Arrays.fill(lse, 20f);
            Arrays.fill(ones, 1e-3f);
            report("loss slopes", () -> training.lossSlopes(workers, a, lse, ones, ones, 0f));
            report("loss slopes, capped", () -> training.lossSlopes(workers, a, lse, ones, ones, 30f));
            report("geglu", () -> training.geglu(workers, a, b, c, d, d));
            AdamStep step = new AdamStep(1f, 0.1f, 0.95f, 0.05f, 1e-3f, 0.5f, 1e-8f, 0.999f);
            long floats = (long) ROWS * COLS;
            report("AdamW", () -> training.adamW(workers, a.data(), b.data(), c.data(), d.data(), floats, step));
            report("sum of squares", () -> training.sumOfSquares(workers, a.data(), floats));
            int cols = 640;
            int rows = ROWS * COLS / cols;
            Tensor in = new Tensor(a.data(), rows, cols);
            Tensor dy = new Tensor(b.data(), rows, cols);
            Tensor dx = new Tensor(c.data(), rows, cols);
            Tensor weight = random(arena, 1, cols);
            Tensor sum = random(arena, 1, cols);
            report("norm", () -> training.rmsNorm(workers, in, weight, 1e-6f, dy, dx, true, Optional.of(sum)));
            report(
                    "attention, softmax",
                    () -> workers.run(ROWS, (r, _) -> {
                        for (int i = 0; i < COLS; i += 512) {
                            training.softmax(a.data(), a.offset(r, i), 512, 0, 512, 0.1f, 0f);
                        }
                    }));
            report(
                    "attention, slopes",
                    () -> workers.run(ROWS, (r, _) -> {
                        for (int i = 0; i < COLS; i += 512) {
                            long at = a.offset(r, i);
                            training.attentionSlopes(a.data(), at, b.data(), at, 512, 0, 512, 0.1f, 0f, 5f, 0.1f);
                        }
                    }));
        }
    }

    private static Tensor random(Arena arena, int rows, int cols) {
        Tensor x = Tensor.allocate(arena, rows, cols);
        Random random = new Random(1);
        for (int i = 0; i < rows * cols; i++) {
            x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
        }
        return x;
    }

    private void report(String what, Runnable work) {
        long best = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanosPerCase) {
            long t = System.nanoTime();
            work.run();
            best = Math.min(best, System.nanoTime() - t);
        }
        System.out.printf(Locale.ROOT, "%-22s %8.0f%n", what, 1e3 * ROWS * COLS / best);
    }
}
