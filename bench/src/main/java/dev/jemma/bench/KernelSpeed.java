package dev.jemma.bench;

import dev.jemma.format.GgufFile;
import dev.jemma.format.TensorInfo;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Speed of the matrix kernels, by type and number of tokens, in 10^9 multiply-adds a second; with a GGUF file as third
 * argument, the time to multiply by every matrix of the model once. Arguments: threads, types (comma-separated, or -),
 * file.
 */
public final class KernelSpeed {
    private static final int[] TOKENS = {1, 4, 8, 16, 32, 512};
    private static final long NANOS_PER_CASE = 500_000_000L;
    /** Many times what caches hold, so that few tokens are measured from memory. */
    private static final long LARGE_BYTES = 512L << 20;

    private static final int COLS = 1024;

    private final Kernels kernels = KernelProviders.choose();
    private final Workers workers;
    private final Arena arena = Arena.ofShared();

    private KernelSpeed(int threads) {
        workers = new WorkerPool(threads);
    }

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        String types = args.length > 1 ? args[1] : "Q8_0,Q4_0,Q5_0,Q4_K,Q5_K,Q6_K,F32,F16,BF16,Q4_1";
        KernelSpeed speed = new KernelSpeed(threads);
        System.out.printf(Locale.ROOT, "%s, %d threads%n", speed.kernels.name(), threads);
        if (!types.equals("-")) {
            for (String type : types.split(",", -1)) {
                speed.type(DType.valueOf(type));
            }
        }
        if (args.length > 2) {
            speed.model(Path.of(args[2]));
        }
    }

    private void type(DType type) {
        try (Arena memory = Arena.ofShared()) {
            int rows = (int) (LARGE_BYTES / type.bytesFor(COLS)) & -1024;
            type(type, matrix(memory, type, rows), matrix(memory, type, 2_048));
        }
    }

    private void type(DType type, Matrix large, Matrix small) {
        for (Precision precision : Precision.values()) {
            StringBuilder line = new StringBuilder();
            for (int tokens : TOKENS) {
                Matrix w = tokens > 32 ? small : large;
                double nanos = product(w, tokens, precision);
                double perSecond = (double) w.rows() * COLS * tokens / nanos;
                line.append(String.format(Locale.ROOT, "  %4d: %6.1f", tokens, perSecond));
                if (tokens == 1) {
                    line.append(String.format(Locale.ROOT, " (%.1f GB/s)", w.byteSize() / nanos));
                }
            }
            System.out.printf(Locale.ROOT, "%-5s %-5s GMAC/s by tokens%s%n", type, precision, line);
        }
    }

    /** Time of one product that 5 % of runs beat (neighbours disturb the others), after as long a warm-up. */
    private double product(Matrix w, int tokens, Precision precision) {
        try (Arena memory = Arena.ofShared()) {
            Tensor x = activations(tokens, w.cols());
            List<Matrix> weights = List.of(w);
            List<Tensor> outputs = List.of(Tensor.allocate(memory, tokens, w.rows()));
            return measure(() -> kernels.linear(workers, x, weights, outputs, precision));
        }
    }

    private static double measure(Runnable work) {
        double time = 0;
        for (int round = 0; round < 2; round++) {
            List<Long> times = new ArrayList<>();
            long start = System.nanoTime();
            while (System.nanoTime() - start < NANOS_PER_CASE) {
                long t = System.nanoTime();
                work.run();
                times.add(System.nanoTime() - t);
            }
            times.sort(null);
            time = times.get(times.size() / 20);
        }
        return time;
    }

    private Tensor activations(int tokens, int cols) {
        Random random = new Random(1);
        Tensor x = Tensor.allocate(arena, tokens, cols);
        for (int i = 0; i < tokens * cols; i++) {
            x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return x;
    }

    private Matrix matrix(Arena memory, DType type, int rows) {
        int rowsAtOnce = 256;
        byte[] bytes = new byte[Math.toIntExact(rowsAtOnce * type.bytesFor(COLS))];
        new Random(2).nextBytes(bytes);
        // exponents that cannot be infinite in any of the formats
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) 0xbb;
        }
        MatrixBuilder builder = kernels.matrix(type, rows, COLS, memory);
        for (int row = 0; row < rows; row += rowsAtOnce) {
            builder.put(row, MemorySegment.ofArray(bytes));
        }
        return builder.build();
    }

    private void model(Path path) {
        List<Matrix> layers = new ArrayList<>();
        List<Matrix> all = new ArrayList<>();
        long start = System.nanoTime();
        try (GgufFile file = GgufFile.open(path)) {
            for (TensorInfo info : file.tensors()) {
                if (info.shape().size() == 2) {
                    Matrix w = load(file, info);
                    all.add(w);
                    if (!info.name().equals("token_embd.weight")) {
                        layers.add(w);
                    }
                }
            }
        }
        System.out.printf(Locale.ROOT, "packed in %.2f s by one thread%n", (System.nanoTime() - start) / 1e9);
        for (Precision precision : Precision.values()) {
            System.out.printf(
                    Locale.ROOT, "%s: 1 token, all matrices: %.2f ms%n", precision, pass(all, 1, precision) / 1e6);
            System.out.printf(
                    Locale.ROOT, "%s: 8 tokens, all matrices: %.2f ms%n", precision, pass(all, 8, precision) / 1e6);
            double nanos = pass(layers, 512, precision);
            System.out.printf(
                    Locale.ROOT,
                    "%s: 512 tokens, without logits: %.1f ms, %.0f tokens/s%n",
                    precision,
                    nanos / 1e6,
                    512e9 / nanos);
        }
    }

    private double pass(List<Matrix> weights, int tokens, Precision precision) {
        List<List<Matrix>> single = new ArrayList<>();
        List<Tensor> inputs = new ArrayList<>();
        List<List<Tensor>> outputs = new ArrayList<>();
        int most = weights.stream().mapToInt(Matrix::rows).max().orElseThrow();
        MemorySegment memory = arena.allocate(4L * most * tokens, Tensor.ALIGNMENT_BYTES);
        Tensor[] byCols = new Tensor[1 << 16];
        for (Matrix w : weights) {
            single.add(List.of(w));
            if (byCols[w.cols()] == null) {
                byCols[w.cols()] = activations(tokens, w.cols());
            }
            inputs.add(byCols[w.cols()]);
            outputs.add(List.of(new Tensor(memory, tokens, w.rows())));
        }
        Runnable pass = () -> {
            for (int i = 0; i < single.size(); i++) {
                kernels.linear(workers, inputs.get(i), single.get(i), outputs.get(i), precision);
            }
        };
        long start = System.nanoTime();
        pass.run();
        System.out.printf(Locale.ROOT, "first pass, before compilation: %.0f ms%n", (System.nanoTime() - start) / 1e6);
        return measure(pass);
    }

    private Matrix load(GgufFile file, TensorInfo info) {
        int rows = Math.toIntExact(info.rows());
        int cols = Math.toIntExact(info.cols());
        long rowBytes = info.type().bytesFor(cols);
        MatrixBuilder builder = kernels.matrix(info.type(), rows, cols, arena);
        byte[] buffer = new byte[Math.toIntExact(Math.min(rows, 1024) * rowBytes)];
        for (int row = 0; row < rows; row += 1024) {
            MemorySegment part = MemorySegment.ofArray(buffer).asSlice(0, Math.min(1024, rows - row) * rowBytes);
            file.read(info, row * rowBytes, part);
            builder.put(row, part);
        }
        return builder.build();
    }
}
