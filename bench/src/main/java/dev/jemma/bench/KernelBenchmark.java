package dev.jemma.bench;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Matrix;
import dev.jemma.kernel.MatrixBuilder;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.RopeTable;
import dev.jemma.kernel.Span;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Microseconds of each kernel under each provider, on shapes of Gemma 3 1B (width 1,152, four query heads of 256 over one
 * key/value head), by rows of the batch. {@link KernelSpeed} says the same of whole models in operations a second.
 *
 * <p>Run: {@code mvn -q -Dquick -DskipTests -pl bench -am package && java --add-modules jdk.incubator.vector -jar
 * bench/target/jemma-bench.jar KernelBenchmark -p kernels=x86 -p rows=1}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {
    private static final int WIDTH = 1152;
    private static final int OUTPUTS = 2048;
    private static final int HEADS = 4;
    private static final int HEAD_DIM = 256;
    private static final int VOCABULARY = 262_144;
    /** Positions before the batch's. */
    private static final int DEPTH = 1024;

    private static final int LONGEST_BATCH = 512;

    /** A provider, threads and memory. */
    @State(Scope.Benchmark)
    public static class Machine {
        /** As the property {@code jemma.kernels} names them. */
        @Param({"x86", "vector", "scalar"})
        public String kernels = "";

        /** Rows of the batch: decoding one sequence or eight, reading a prompt. */
        @Param({"1", "8", "512"})
        public int rows;

        @SuppressWarnings("NullAway.Init")
        Kernels provider;

        @SuppressWarnings("NullAway.Init")
        Workers workers;

        @SuppressWarnings("NullAway.Init")
        Arena arena;

        @Setup
        @SuppressWarnings("MustBeClosedChecker") // close() closes the arena
        public void open() {
            System.setProperty(KernelProviders.PROPERTY, kernels);
            provider = KernelProviders.choose();
            workers =
                    new WorkerPool(dev.jemma.machine.Machine.detect().threads().count());
            arena = Arena.ofShared();
        }

        @TearDown
        public void close() {
            workers.close();
            arena.close();
        }

        Tensor random(int tensorRows, int cols) {
            Random random = new Random(1);
            Tensor x = Tensor.allocate(arena, tensorRows, cols);
            for (long i = 0; i < (long) tensorRows * cols; i++) {
                x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
            }
            return x;
        }

        Matrix matrix(DType type, int matrixRows, int cols) {
            byte[] bytes = new byte[Math.toIntExact(matrixRows * type.bytesFor(cols))];
            new Random(2).nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] &= (byte) 0xbb; // exponents that cannot be infinite in any of the formats
            }
            MatrixBuilder builder = provider.matrix(type, matrixRows, cols, arena);
            builder.put(0, MemorySegment.ofArray(bytes));
            return builder.build();
        }
    }

    /** A product's weights and activations. */
    @State(Scope.Benchmark)
    public static class Product {
        /** Of the weights; Q4_1 stands for those without a kernel of their own. */
        @Param({"F32", "F16", "BF16", "Q8_0", "Q4_0", "Q5_0", "Q4_K", "Q5_K", "Q6_K", "Q4_1"})
        public DType type = DType.F32;

        @SuppressWarnings("NullAway.Init")
        List<Matrix> weights;

        @SuppressWarnings("NullAway.Init")
        Tensor x;

        @SuppressWarnings("NullAway.Init")
        List<Tensor> outputs;

        private int next;

        @Setup
        public void fill(Machine machine) {
            int cols = 1024; // K-quants come in blocks of 256
            weights = List.of(machine.matrix(type, OUTPUTS, cols));
            x = machine.random(machine.rows, cols);
            outputs = List.of(Tensor.allocate(machine.arena, machine.rows, OUTPUTS));
        }
    }

    /** Activations, a cache and tables for all the other kernels. */
    @State(Scope.Benchmark)
    public static class Activations {
        private final AttentionShape global = new AttentionShape(HEADS, 1, HEAD_DIM, 0.0625f, 0f, 0, true);
        private final AttentionShape sliding = new AttentionShape(HEADS, 1, HEAD_DIM, 0.0625f, 0f, 512, true);
        private final RopeTable table = new RopeTable(1e6f, 1f, HEAD_DIM);

        @SuppressWarnings("NullAway.Init")
        private Tensor x;

        @SuppressWarnings("NullAway.Init")
        private Tensor other;

        @SuppressWarnings("NullAway.Init")
        private Tensor weight;

        @SuppressWarnings("NullAway.Init")
        private Tensor q;

        @SuppressWarnings("NullAway.Init")
        private Tensor kv;

        @SuppressWarnings("NullAway.Init")
        private Tensor attended;

        @SuppressWarnings("NullAway.Init")
        private Tensor logits;

        @SuppressWarnings("NullAway.Init")
        private KvBlocks blocks;

        @SuppressWarnings("NullAway.Init")
        private List<Span> spans;

        @SuppressWarnings("NullAway.Init")
        private int[] positions;

        @SuppressWarnings("NullAway.Init")
        private double[] sums;

        @SuppressWarnings("NullAway.Init")
        private List<Matrix> narrow;

        @SuppressWarnings("NullAway.Init")
        private List<Tensor> narrowOutputs;

        @Setup
        public void fill(Machine machine) {
            int rows = machine.rows;
            x = machine.random(rows, WIDTH);
            other = machine.random(rows, WIDTH);
            weight = machine.random(1, WIDTH);
            q = machine.random(rows, HEADS * HEAD_DIM);
            kv = machine.random(rows, HEAD_DIM);
            attended = Tensor.allocate(machine.arena, rows, HEADS * HEAD_DIM);
            logits = machine.random(Math.min(rows, 8), VOCABULARY);
            sums = new double[logits.rows()];
            positions = new int[rows];
            for (int t = 0; t < rows; t++) {
                positions[t] = DEPTH + t;
            }
            int[] all = new int[(DEPTH + LONGEST_BATCH) / KvBlocks.TOKENS];
            for (int b = 0; b < all.length; b++) {
                all[b] = b;
            }
            long half = 4L * HEAD_DIM * KvBlocks.TOKENS;
            MemorySegment slab = machine.arena.allocate(2 * half * all.length, 64);
            blocks = new KvBlocks(KvType.F32, new MemorySegment[] {slab}, all.length, 2 * half, 0, half);
            spans = List.of(new Span(0, rows, DEPTH, all));
            narrow = List.of(machine.matrix(DType.Q8_0, MatrixBuilder.ROWS, WIDTH));
            narrowOutputs = List.of(Tensor.allocate(machine.arena, rows, MatrixBuilder.ROWS));
        }
    }

    @Benchmark
    public void linear(Machine m, Product p) {
        m.provider.linear(m.workers, p.x, p.weights, p.outputs, Precision.FAST);
    }

    @Benchmark
    public void linearExact(Machine m, Product p) {
        m.provider.linear(m.workers, p.x, p.weights, p.outputs, Precision.EXACT);
    }

    /** One row of a table, decoded: what looking a token up costs. */
    @Benchmark
    public void embeddingRow(Machine m, Product p) {
        p.next = (p.next + 1) % OUTPUTS;
        p.weights.getFirst().row(p.next, p.x.data(), 0);
    }

    /** A product with one panel of weights, so that rounding the activations is most of it. */
    @Benchmark
    public void roundingOfActivations(Machine m, Activations a) {
        m.provider.linear(m.workers, a.x, a.narrow, a.narrowOutputs, Precision.FAST);
    }

    @Benchmark
    public void rmsNorm(Machine m, Activations a) {
        m.provider.rmsNorm(m.workers, a.x, a.weight, 1e-6f, a.other);
    }

    @Benchmark
    public void rope(Machine m, Activations a) {
        m.provider.rope(m.workers, a.q, HEAD_DIM, a.table, a.positions);
    }

    @Benchmark
    public void storeKv(Machine m, Activations a) {
        m.provider.storeKv(m.workers, a.global, a.blocks, a.spans, a.kv, a.kv);
    }

    @Benchmark
    public void attention(Machine m, Activations a) {
        m.provider.attention(m.workers, a.global, a.blocks, a.spans, a.q, a.attended);
    }

    @Benchmark
    public void slidingAttention(Machine m, Activations a) {
        m.provider.attention(m.workers, a.sliding, a.blocks, a.spans, a.q, a.attended);
    }

    @Benchmark
    public void geglu(Machine m, Activations a) {
        m.provider.geglu(m.workers, a.x, a.other, a.other);
    }

    @Benchmark
    public void add(Machine m, Activations a) {
        m.provider.add(m.workers, a.x, a.x, a.other);
    }

    @Benchmark
    public void softcap(Machine m, Activations a) {
        m.provider.softcap(m.workers, a.other, 30f);
    }

    /** Over the whole vocabulary; at most 8 rows at once. */
    @Benchmark
    public void logSumExp(Machine m, Activations a) {
        m.provider.logSumExp(m.workers, a.logits, a.sums);
    }
}
