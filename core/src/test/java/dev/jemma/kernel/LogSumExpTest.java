package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogSumExpTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 15, 16, 17, 512, 4095, 4096, 4097, 20_003})
    void providersGiveTheSameBitsAndTheRightValue(int cols) {
        Random random = new Random(cols);
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(2)) {
            Tensor x = Tensor.allocate(arena, 3, cols);
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < cols; c++) {
                    x.set(r, c, (float) (10 * random.nextGaussian()));
                }
            }
            if (cols > 1) {
                x.set(1, cols / 2, Float.NEGATIVE_INFINITY);
            }
            double[] scalar = new double[3];
            double[] vector = new double[3];
            new ScalarKernels().logSumExp(workers, x, scalar);
            new VectorKernels().logSumExp(workers, x, vector);
            assertThat(vector).isEqualTo(scalar);
            for (Kernels emitted : TestData.emittedKernels()) {
                emitted.logSumExp(workers, x, vector);
                assertThat(vector).as(emitted.name()).isEqualTo(scalar);
            }
            for (int r = 0; r < 3; r++) {
                double sum = 0;
                for (int c = 0; c < cols; c++) {
                    sum += Math.exp(x.get(r, c));
                }
                assertThat(scalar[r]).isCloseTo(Math.log(sum), within(2e-6));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 15, 255, 256, 257, 20_003})
    void maximaOfPiecesAreTheLargestOfTheirColumns(int cols) {
        Random random = new Random(cols);
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(2)) {
            Tensor x = Tensor.allocate(arena, 3, cols + 2);
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < x.cols(); c++) {
                    x.set(r, c, c < cols ? (float) random.nextGaussian() - r : 100); // the last two do not count
                }
            }
            int pieces = Math.ceilDiv(cols, Kernels.PIECE);
            float[] expected = new float[3 * pieces];
            Arrays.fill(expected, Float.NEGATIVE_INFINITY);
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < cols; c++) {
                    int piece = r * pieces + c / Kernels.PIECE;
                    expected[piece] = Math.max(expected[piece], x.get(r, c));
                }
            }
            List<Kernels> all = new ArrayList<>(TestData.emittedKernels());
            all.add(new ScalarKernels());
            all.add(new VectorKernels());
            for (Kernels kernels : all) {
                float[] maxima = new float[3 * pieces];
                kernels.maxima(workers, x, cols, maxima);
                assertThat(maxima).as(kernels.name()).isEqualTo(expected);
            }
        }
    }
}
