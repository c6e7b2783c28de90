package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A vector that escapes into the heap costs more than the arithmetic, so warm kernels must allocate next to nothing. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    /** Long enough for the compiler on any machine, however busy. */
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    private static final int CALLS = 100;
    private static final long BYTES_PER_CALL = 600;

    private final Kernels kernels = kernels();

    /** Whose warm calls are weighed. */
    Kernels kernels() {
        return new VectorKernels();
    }

    /** Runs until the compiler is done; returns bytes a call. */
    private static long settledBytes(Runnable call) {
        long bytes = Long.MAX_VALUE;
        long start = System.nanoTime();
        while (bytes > BYTES_PER_CALL && System.nanoTime() - start < PATIENCE_NANOS) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < CALLS; i++) {
                call.run();
            }
            bytes = (THREADS.getCurrentThreadAllocatedBytes() - before) / CALLS;
        }
        return bytes;
    }

    @Test
    void linearAllocatesNextToNothingOnceWarm() {
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(1)) {
            for (DType type : List.of(DType.Q8_0, DType.Q4_0, DType.Q5_0, DType.Q4_K, DType.Q6_K, DType.BF16)) {
                MemorySegment raw = TestData.weights(new Random(1), type, 32, 512);
                List<Matrix> w = List.of(TestData.pack(kernels, arena, type, 32, 512, raw));
                for (int tokens : new int[] {1, 9}) {
                    Tensor x = TestData.activations(new Random(2), arena, tokens, 512);
                    List<Tensor> y = List.of(Tensor.allocate(arena, tokens, 32));
                    for (Precision precision : Precision.values()) {
                        assertThat(settledBytes(() -> kernels.linear(workers, x, w, y, precision)))
                                .as("%s %s, %d tokens", type, precision, tokens)
                                .isLessThanOrEqualTo(BYTES_PER_CALL);
                    }
                }
            }
        }
    }

    @Test
    void attentionAndRowsAllocateNextToNothingOnceWarm() {
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(1)) {
            AttentionShape shape = new AttentionShape(4, 1, 64, 0.125f, 0f, 0, true);
            KvBlocks blocks =
                    new KvBlocks(KvType.F32, new MemorySegment[] {arena.allocate(16L * 8192, 64)}, 16, 8192, 0, 4096);
            int[] table = {0, 1, 2, 3, 4, 5};
            List<Span> spans = List.of(new Span(0, 3, 80, table));
            Tensor k = TestData.activations(new Random(1), arena, 3, 64);
            Tensor q = TestData.activations(new Random(2), arena, 3, 256);
            Tensor out = Tensor.allocate(arena, 3, 256);
            Tensor norm = Tensor.allocate(arena, 1, 256);
            assertThat(settledBytes(() -> kernels.storeKv(workers, shape, blocks, spans, k, k)))
                    .isLessThanOrEqualTo(BYTES_PER_CALL);
            assertThat(settledBytes(() -> kernels.attention(workers, shape, blocks, spans, q, out)))
                    .isLessThanOrEqualTo(BYTES_PER_CALL);
            AttentionShape capped = new AttentionShape(4, 1, 64, 0.125f, 50f, 40, true);
            assertThat(settledBytes(() -> kernels.attention(workers, capped, blocks, spans, q, out)))
                    .isLessThanOrEqualTo(BYTES_PER_CALL);
            assertThat(settledBytes(() -> kernels.rmsNorm(workers, q, norm, 1e-6f, out)))
                    .isLessThanOrEqualTo(BYTES_PER_CALL);
            assertThat(settledBytes(() -> kernels.geglu(workers, q, out, out))).isLessThanOrEqualTo(BYTES_PER_CALL);
            assertThat(settledBytes(() -> kernels.softcap(workers, out, 30f))).isLessThanOrEqualTo(BYTES_PER_CALL);
        }
    }
}
