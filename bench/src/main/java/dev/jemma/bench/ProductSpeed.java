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
import dev.jemma.kernel.x86.Code;
import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.CpuFeatures;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.kernel.x86.PeakCode;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Speed of a linear layer's three products in training, in 10^9 multiply-adds a second and as a share of what the
 * machine's multiply-adds reach from registers. Arguments: threads, milliseconds a case, shapes as inputs×outputs×tokens
 * (comma-separated, x for ×), type of the weights.
 */
public final class ProductSpeed {
    private static final String SHAPES = "640x2048x512,2048x640x512,640x1024x512,640x262144x128";
    private static final long ROUNDS = 100_000;

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

    /** Multiply-adds from registers by the best code of this machine. */
    private void peaks() {
        CodeSpace space = CodeSpace.system();
        CpuFeatures cpu = CpuFeatures.detect(space);
        Isa isa = Stream.of(Isa.values())
                .filter(i -> i.supported(cpu))
                .findFirst()
                .orElseThrow();
        Code code = space.load(PeakCode.emit(isa));
        try (Arena arena = Arena.ofShared()) {
            MemorySegment arguments = arena.allocate(PeakCode.BYTES, Tensor.ALIGNMENT_BYTES);
            arguments.set(ValueLayout.JAVA_LONG, PeakCode.ROUNDS, ROUNDS);
            double work = (double) workers.threads() * ROUNDS * PeakCode.perRound(isa);
            peak = work
                    / measure(() -> workers.run(
                            workers.threads(), (_, _) -> code.call(arguments, arguments, arguments, arguments)));
        }
        System.out.printf(
                Locale.ROOT, "%s, %d threads; %.1f GMAC/s from registers%n", kernels.name(), workers.threads(), peak);
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
