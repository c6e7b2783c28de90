package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.tensor.DType;
import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Strided products against sums written out, over odd shapes. */
class ProductTest {
    @ParameterizedTest
    @CsvSource({"1, 1, 1", "3, 5, 7", "6, 16, 33", "13, 40, 16", "25, 31, 70"})
    void aLayersOutputAndBothGradientsComeFromOneProduct(int tokens, int in, int out) {
        Kernels kernels = new ScalarKernels();
        Random random = new Random(31L * tokens + in);
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = random(arena, random, tokens, in);
            Tensor w = random(arena, random, out, in);
            MatrixBuilder builder = new PanelPacker(DType.F32, out, in, arena);
            builder.put(0, w.data());
            Grid wt = builder.build().transposed().orElseThrow();
            Tensor y = Tensor.allocate(arena, tokens, out);
            kernels.product(Grid.of(x), wt, Grid.of(y), tokens, out, in, false);
            for (int t = 0; t < tokens; t++) {
                for (int o = 0; o < out; o++) {
                    float sum = 0;
                    for (int i = 0; i < in; i++) {
                        sum = Math.fma(x.get(t, i), w.get(o, i), sum);
                    }
                    assertThat(y.get(t, o)).isEqualTo(sum);
                }
            }
            Tensor dx = Tensor.allocate(arena, tokens, in); // dxᵀ = wᵀ · yᵀ
            kernels.product(wt, Grid.transposed(y), Grid.transposed(dx), in, tokens, out, false);
            float sum = 0;
            for (int o = 0; o < out; o++) {
                sum = Math.fma(w.get(o, in - 1), y.get(tokens - 1, o), sum);
            }
            assertThat(dx.get(tokens - 1, in - 1)).isEqualTo(sum);
            kernels.product(Grid.transposed(x), Grid.of(y), wt, in, out, tokens, true); // w += yᵀ · x
            float grown = w.get(out - 1, in - 1);
            for (int t = 0; t < tokens; t++) {
                grown = Math.fma(x.get(t, in - 1), y.get(t, out - 1), grown);
            }
            assertThat(wt.data().get(java.lang.foreign.ValueLayout.JAVA_FLOAT, wt.offset(in - 1, out - 1)))
                    .isEqualTo(grown);
        }
    }

    private static Tensor random(Arena arena, Random random, int rows, int cols) {
        Tensor t = Tensor.allocate(arena, rows, cols);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
                t.set(r, c, (float) random.nextGaussian());
            }
        }
        return t;
    }
}
