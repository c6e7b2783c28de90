package dev.jemma.kernel;

import dev.jemma.kernel.x86.CodeSpace;
import dev.jemma.kernel.x86.EmitException;
import dev.jemma.kernel.x86.Isa;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;

/**
 * The emitted kernels that only training needs. Written when they are first wanted, so that inference does not wait for
 * them, and then held against their twins on small inputs, as {@link SelfCheck} does with the others.
 */
final class X86Training {
    private static final int M = 13;
    private static final int N = 50;
    private static final int K = 37;

    final X86Moves moves;
    final X86Product product;
    final X86Decoder decoder;
    final TrainingKernels rows;

    X86Training(Isa isa, CodeSpace space) {
        moves = new X86Moves(space);
        product = new X86Product(isa, space, moves);
        decoder = new X86Decoder(isa, space);
        rows = new RowTraining(new X86Steps(isa, space));
        if (productDiffers() || rowsDiffer()) {
            throw EmitException.mendable("the emitted kernels " + isa.title()
                    + " train wrongly on this processor; please report it, and start Java with -D"
                    + KernelProviders.PROPERTY + "=vector");
        }
    }

    private static Tensor random(Random random, Arena arena, int rows, int cols) {
        Tensor x = Tensor.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < cols; i++) {
                x.set(r, i, 4 * random.nextFloat() - 2);
            }
        }
        return x;
    }

    private boolean productDiffers() {
        Random random = new Random(1);
        try (Arena arena = Arena.ofConfined()) {
            Tensor a = random(random, arena, M, K);
            Tensor turned = random(random, arena, K, M);
            Tensor b = random(random, arena, K, N);
            Tensor actual = random(random, arena, M, N);
            Tensor expected = Tensor.allocate(arena, M, N);
            expected.data().copyFrom(actual.data());
            for (Grid left : new Grid[] {Grid.of(a), Grid.transposed(turned)}) {
                product.multiply(left, Grid.of(b), Grid.of(actual), M, N, K, true);
                ScalarProduct.multiply(left, Grid.of(b), Grid.of(expected), M, N, K, true);
            }
            return actual.data().mismatch(expected.data()) >= 0;
        }
    }

    private boolean rowsDiffer() {
        TrainingKernels twin = new RowTraining(new ScalarSteps());
        return rows(rows) != rows(twin);
    }

    /** What some operations one after another leave, as a number. */
    private static int rows(TrainingKernels kernels) {
        Random random = new Random(2);
        try (Arena arena = Arena.ofConfined();
                Workers alone = new WorkerPool(1)) {
            Tensor x = random(random, arena, 2, K);
            Tensor y = random(random, arena, 2, K);
            Tensor d = random(random, arena, 2, K);
            kernels.geglu(alone, x, y, d, x, y);
            kernels.lossSlopes(alone, x, new float[2], new float[] {1f, 2f}, new float[2], 30f);
            float lse = kernels.softmax(y.data(), 0, K, 0, K, 0.1f, 5f);
            kernels.attentionSlopes(d.data(), 0, x.data(), 0, K, 0, K, 0.1f, 5f, lse, 0.5f);
            int hash = Float.floatToIntBits(lse);
            for (int i = 0; i < K; i++) {
                for (Tensor t : new Tensor[] {x, y, d}) {
                    hash = 31 * hash + Float.floatToIntBits(t.get(0, i));
                    hash = 31 * hash + Float.floatToIntBits(t.get(1, i));
                }
            }
            return hash;
        }
    }
}
