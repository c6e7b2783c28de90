package dev.jemma.bench;

import dev.jemma.kernel.Grid;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.LinearGradients;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Speed of a linear layer's three products in training, in 10^9 multiply-adds a second and as a share of what the
 * machine's multiply-adds reach from registers. Arguments: threads, milliseconds a case, shapes as inputs×outputs×tokens
 * (comma-separated, x for ×), type of the weights.
 */
public final class ProductSpeed {
    private static final String SHAPES = "640x2048x512,2048x640x512,640x1024x512,640x262144x128";
    private static final int CHAIN = 16;
    private static final int FLOATS = 2048;
    private static final int REPEATS = 500;

    private final Kernels kernels = KernelProviders.choose();
    private final Workers workers;
    private final long nanosPerCase;
    private double peak;

    private ProductSpeed(int threads, long nanosPerCase) {
        workers = new WorkerPool(threads);
        this.nanosPerCase = nanosPerCase;
    }

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        long millis = args.length > 1 ? Long.parseLong(args[1]) : 1000;
        ProductSpeed speed = new ProductSpeed(threads, millis * 1_000_000);
        speed.peaks();
        DType type = args.length > 3 ? DType.valueOf(args[3]) : DType.F32;
        for (String shape : (args.length > 2 ? args[2] : SHAPES).split(",", -1)) {
            String[] parts = shape.split("x", -1);
            speed.layer(type, Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }
    }

    /** Multiply-adds from registers, by vectors of the compiler's; and from the first-level cache, by our product. */
    private void peaks() {
        float[][] values = new float[workers.threads()][FLOATS];
        double work = (double) workers.threads() * REPEATS * FLOATS * CHAIN;
        double registers = work
                / measure(() -> workers.run(values.length, (chunk, _) -> {
                    for (int i = 0; i < REPEATS; i++) {
                        multiplyAdd(values[chunk], 0.5f, 0.25f);
                    }
                }));
        int m = 12;
        int n = 32;
        int k = 128;
        try (Arena arena = Arena.ofShared()) {
            Grid a = new Grid(random(arena, (long) m * k), 0, k, 1, Grid.LANES);
            Grid b = new Grid(random(arena, (long) n * k), 0, Grid.LANES, 1, (long) Grid.LANES * k);
            Grid[] c = new Grid[workers.threads()];
            for (int i = 0; i < c.length; i++) {
                c[i] = new Grid(random(arena, (long) m * n), 0, n, 1, Grid.LANES);
            }
            double cached = (double) c.length
                    * REPEATS
                    * m
                    * n
                    * k
                    / measure(() -> workers.run(c.length, (chunk, _) -> {
                        for (int i = 0; i < REPEATS; i++) {
                            kernels.product(a, b, c[chunk], m, n, k, false);
                        }
                    }));
            peak = registers;
            System.out.printf(
                    Locale.ROOT,
                    "%s, %d threads: %.1f GMAC/s from registers, %.1f of a small product%n",
                    kernels.name(),
                    workers.threads(),
                    registers,
                    cached);
        }
    }

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

    private void layer(DType type, int in, int out, int tokens) {
        try (Arena arena = Arena.ofShared()) {
            Matrix w = matrix(arena, type, out, in);
            Tensor x = new Tensor(random(arena, (long) tokens * in), tokens, in);
            Tensor y = new Tensor(random(arena, (long) tokens * out), tokens, out);
            Tensor dx = new Tensor(random(arena, (long) tokens * in), tokens, in);
            double work = (double) in * out * tokens;
            StringBuilder line = new StringBuilder();
            List<Matrix> weights = List.of(w);
            List<Tensor> outputs = List.of(y);
            report(line, "linear", work, () -> kernels.linear(workers, x, weights, outputs, Precision.EXACT));
            if (type == DType.F32) {
                report(line, "output", work, () -> LinearGradients.output(workers, kernels, x, w, y));
            }
            report(line, "input", work, () -> LinearGradients.inputGradient(workers, kernels, y, w, dx, true));
            Grid gradient = w.transposed().orElse(new Grid(random(arena, (long) in * (out + 15)), 0, 16, 1, 16L * in));
            report(line, "weight", work, () -> LinearGradients.weightGradient(workers, kernels, x, y, gradient, true));
            System.out.printf(Locale.ROOT, "%s %4d × %-6d T %-4d%s%n", type, in, out, tokens, line);
        }
    }

    private void report(StringBuilder line, String what, double work, Runnable product) {
        double rate = work / measure(product);
        line.append(String.format(Locale.ROOT, "   %s %.1f (%.0f %%)", what, rate, 100 * rate / peak));
    }

    /** Nanoseconds that a fifth of the runs beat, after a warm-up as long. */
    private double measure(Runnable work) {
        double time = 0;
        for (int round = 0; round < 2; round++) {
            List<Long> times = new ArrayList<>();
            long start = System.nanoTime();
            while (System.nanoTime() - start < nanosPerCase) {
                long t = System.nanoTime();
                work.run();
                times.add(System.nanoTime() - t);
            }
            times.sort(null);
            time = times.get(times.size() / 5);
        }
        return time;
    }

    private static MemorySegment random(Arena arena, long floats) {
        MemorySegment data = arena.allocate(4 * floats, Tensor.ALIGNMENT_BYTES);
        Random random = new Random(1);
        for (long i = 0; i < floats; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat() - 0.5f);
        }
        return data;
    }

    private Matrix matrix(Arena arena, DType type, int rows, int cols) {
        byte[] bytes = new byte[Math.toIntExact(16 * type.bytesFor(cols))];
        new Random(2).nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) 0xbb; // exponents that cannot be infinite in any of the formats
        }
        if (type == DType.F32) {
            MemorySegment.copy(random(arena, 16L * cols), ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
        }
        MatrixBuilder builder = kernels.matrix(type, rows, cols, arena);
        for (int row = 0; row < rows; row += 16) {
            builder.put(row, MemorySegment.ofArray(bytes));
        }
        return builder.build();
    }
}
