package dev.jemma.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The plain form of {@link Kernels#product}: what every other provider must equal, bit for bit. */
final class ScalarProduct {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private ScalarProduct() {}

    static void multiply(Grid a, Grid b, Grid c, int m, int n, int k, boolean accumulate) {
        Shapes.product(a, b, c, m, n, k);
        MemorySegment left = a.data();
        MemorySegment right = b.data();
        MemorySegment out = c.data();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                long to = c.offset(i, j);
                float acc = accumulate ? out.get(FLOAT, to) : 0f;
                for (int l = 0; l < k; l++) {
                    acc = Math.fma(left.get(FLOAT, a.offset(i, l)), right.get(FLOAT, b.offset(l, j)), acc);
                }
                out.set(FLOAT, to, acc);
            }
        }
    }
}
