package dev.jemma.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.quant.Quants;
import dev.jemma.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CodeRowTest {
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"Q4_0", "Q5_0", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
    void scaleTimesCodeLessMinimumIsWhatTheBlockDecodesTo(DType type) {
        int cols = 768;
        int rows = 40;
        MemorySegment raw = TestData.weights(new Random(11), type, rows, cols);
        float[] expected = new float[cols];
        CodeRow row = new CodeRow(type, cols);
        for (int n = 0; n < rows; n++) {
            Quants.decode(type, raw, n * type.bytesFor(cols), expected, 0, cols);
            row.read(raw, n * type.bytesFor(cols));
            for (int k = 0; k < cols; k++) {
                int g = k / CodeRow.groupSize(type);
                assertThat(row.scale(g) * row.codes[k] - row.min(g) == expected[k])
                        .as("%s row %d column %d", type, n, k)
                        .isTrue();
            }
        }
    }
}
