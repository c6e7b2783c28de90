package dev.jemma.bench;

import dev.jemma.kernel.AttentionShape;
import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.KvBlocks;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Span;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Speed of attention, by type of keys and values and number of tokens before: a chunk of a prompt in 10^9 multiply-adds
 * a second, one token in microseconds and bytes of keys and values a second. Arguments: threads, query heads, key/value
 * heads, features of a head, window (0 for none), depths (comma-separated), milliseconds for each figure.
 */
public final class AttentionSpeed {
    private static final int CHUNK = 512;

    private final Kernels kernels = KernelProviders.choose();
    private final Random random = new Random(1);
    private final Workers workers;
    private final AttentionShape shape;
    private final long nanosPerCase;

    private AttentionSpeed(int threads, AttentionShape shape, long nanosPerCase) {
        workers = new WorkerPool(threads);
        this.shape = shape;
        this.nanosPerCase = nanosPerCase;
    }

    public static void main(String[] args) {
        int threads = number(args, 0, 2);
        int headDim = number(args, 3, 256);
        float scale = (float) (1 / Math.sqrt(headDim));
        AttentionShape shape = new AttentionShape(
                number(args, 1, 4), number(args, 2, 1), headDim, scale, 0f, number(args, 4, 0), true);
        AttentionSpeed speed = new AttentionSpeed(threads, shape, 1_000_000L * number(args, 6, 500));
        System.out.printf(Locale.ROOT, "%s, %d threads, %s%n", speed.kernels.name(), threads, shape);
        for (String depth : (args.length > 5 ? args[5] : "0,1024,4096,16384").split(",", -1)) {
            for (KvType type : KvType.values()) {
                speed.measure(type, Integer.parseInt(depth));
            }
        }
    }

    private static int number(String[] args, int i, int otherwise) {
        return args.length > i ? Integer.parseInt(args[i]) : otherwise;
    }

    private void measure(KvType type, int depth) {
        try (Arena arena = Arena.ofShared()) {
            int length = depth + CHUNK;
            long headsBytes = shape.kvHeads() * type.headBytes(shape.headDim());
            int[] table = new int[Math.ceilDiv(length, KvBlocks.TOKENS)];
            for (int i = 0; i < table.length; i++) {
                table[i] = i;
            }
            MemorySegment slab = arena.allocate(2 * headsBytes * table.length, 64);
            KvBlocks blocks =
                    new KvBlocks(type, new MemorySegment[] {slab}, table.length, 2 * headsBytes, 0, headsBytes);
            Tensor k = random(arena, length, shape.kvHeads());
            kernels.storeKv(workers, shape, blocks, List.of(new Span(0, length, 0, table)), k, k);
            Tensor q = random(arena, CHUNK, shape.heads());
            Tensor out = Tensor.allocate(arena, CHUNK, q.cols());
            double chunk = nanos(blocks, new Span(0, CHUNK, depth, table), q, out);
            double one = nanos(blocks, new Span(0, 1, depth, table), q, out);
            long keys = shape.window() == 0 ? depth + 1 : Math.min(depth + 1, shape.window());
            System.out.printf(
                    Locale.ROOT,
                    "%6d before, %-4s: %d tokens %9.1f µs, %6.1f GMAC/s; one token %8.1f µs, %5.1f GB/s%n",
                    depth,
                    type,
                    CHUNK,
                    chunk / 1e3,
                    multiplyAdds(depth) / chunk,
                    one / 1e3,
                    2.0 * headsBytes / KvBlocks.TOKENS * keys / one);
        }
    }

    private double multiplyAdds(int depth) {
        double keys = 0;
        for (int position = depth; position < depth + CHUNK; position++) {
            keys += position + 1 - shape.firstKey(position);
        }
        return 2.0 * keys * shape.heads() * shape.headDim();
    }

    /** Time that 5 % of runs beat (neighbours disturb the others), after as long a warm-up. */
    private double nanos(KvBlocks blocks, Span span, Tensor q, Tensor out) {
        List<Span> spans = List.of(span);
        double time = 0;
        for (int round = 0; round < 2; round++) {
            List<Long> times = new ArrayList<>();
            long start = System.nanoTime();
            while (System.nanoTime() - start < nanosPerCase) {
                long t = System.nanoTime();
                kernels.attention(workers, shape, blocks, spans, q, out);
                times.add(System.nanoTime() - t);
            }
            times.sort(null);
            time = times.get(times.size() / 20);
        }
        return time;
    }

    private Tensor random(Arena arena, int rows, int heads) {
        Tensor x = Tensor.allocate(arena, rows, heads * shape.headDim());
        for (int i = 0; i < rows * x.cols(); i++) {
            x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return x;
    }
}
