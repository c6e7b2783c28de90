package dev.jemma.kernel;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;

/** Holds a provider against the scalar twin on small inputs, in milliseconds: trust in a processor never met before. */
final class SelfCheck {
    private static final int ROWS = 2;
    private static final int COLS = 256;
    private static final int TOKENS = 2;
    private static final int HEAD_DIM = 64;
    /** Queries that end in a second block of keys. */
    private static final int POSITIONS = 4;

    private static final int FIRST_POSITION = 14;

    private final Kernels kernels;
    private final Kernels twin = new ScalarKernels();
    private final Random random = new Random(1);
    private final Arena arena;
    private final Workers alone;

    private SelfCheck(Kernels kernels, Arena arena, Workers alone) {
        this.kernels = kernels;
        this.arena = arena;
        this.alone = alone;
    }

    /** What the provider computes otherwise than the twin does, if anything. */
    static Optional<String> firstDifference(Kernels kernels) {
        try (Arena arena = Arena.ofConfined();
                Workers alone = new WorkerPool(1)) {
            return new SelfCheck(kernels, arena, alone).firstDifference();
        }
    }

    private Optional<String> firstDifference() {
        for (DType type : DType.values()) {
            boolean checked = CodeRow.has(type) || !type.isQuantized();
            if (checked && !linearAgrees(type)) {
                return Optional.of("products of " + type);
            }
        }
        Tensor x = random(2, 64);
        Tensor y = random(2, 64);
        Tensor row = random(1, 64);
        if (differs(k -> into(2, 64, out -> k.add(alone, x, y, out)))) {
            return Optional.of("add");
        }
        if (differs(k -> into(2, 64, out -> k.geglu(alone, x, y, out)))) {
            return Optional.of("geglu");
        }
        if (differs(k -> into(2, 64, out -> k.rmsNorm(alone, x, row, 1e-6f, out)))) {
            return Optional.of("rmsNorm");
        }
        RopeTable table = new RopeTable(10_000f, 1f, HEAD_DIM);
        if (differs(k -> into(2, 64, out -> {
            out.data().copyFrom(x.data());
            k.rope(alone, out, HEAD_DIM, table, new int[] {1, 5});
            k.softcap(alone, out, 30f);
        }))) {
            return Optional.of("rope or softcap");
        }
        double[] expected = new double[2];
        double[] actual = new double[2];
        twin.logSumExp(alone, x, expected);
        kernels.logSumExp(alone, x, actual);
        if (!Arrays.equals(expected, actual)) {
            return Optional.of("logSumExp");
        }
        return differs(this::attention) ? Optional.of("attention") : Optional.empty();
    }

    private boolean differs(Function<Kernels, Tensor> operation) {
        return operation.apply(kernels).data().mismatch(operation.apply(twin).data()) >= 0;
    }

    private Tensor into(int rows, int cols, Consumer<Tensor> operation) {
        Tensor out = Tensor.allocate(arena, rows, cols);
        operation.accept(out);
        return out;
    }

    private Tensor random(int rows, int cols) {
        Tensor x = Tensor.allocate(arena, rows, cols);
        for (int i = 0; i < rows * cols; i++) {
            x.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, 4 * random.nextFloat() - 2);
        }
        return x;
    }

    private boolean linearAgrees(DType type) {
        byte[] bytes = new byte[Math.toIntExact(ROWS * type.bytesFor(COLS))];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) 0xbb; // exponents that cannot be infinite in any of the types
        }
        Tensor x = random(TOKENS, COLS);
        return !differs(k -> into(TOKENS, ROWS, out -> {
            List<Matrix> weights = List.of(pack(k, type, bytes));
            k.linear(alone, x, weights, List.of(out), Precision.FAST);
        }));
    }

    private Matrix pack(Kernels by, DType type, byte[] bytes) {
        MatrixBuilder builder = by.matrix(type, ROWS, COLS, arena);
        builder.put(0, MemorySegment.ofArray(bytes));
        return builder.build();
    }

    /** Two heads over one of keys, a soft cap and a window. */
    private Tensor attention(Kernels by) {
        random.setSeed(2);
        AttentionShape shape = new AttentionShape(2, 1, HEAD_DIM, 0.2f, 20f, 18, true);
        long half = KvType.F32.headBytes(HEAD_DIM);
        MemorySegment slab = arena.allocate(4 * half, 64);
        KvBlocks blocks = new KvBlocks(KvType.F32, new MemorySegment[] {slab}, 2, 2 * half, 0, half);
        List<Span> spans = List.of(new Span(0, POSITIONS, FIRST_POSITION, new int[] {0, 1}));
        by.storeKv(alone, shape, blocks, spans, random(POSITIONS, HEAD_DIM), random(POSITIONS, HEAD_DIM));
        Tensor q = random(POSITIONS, 2 * HEAD_DIM);
        return into(POSITIONS, 2 * HEAD_DIM, out -> by.attention(alone, shape, blocks, spans, q, out));
    }
}
