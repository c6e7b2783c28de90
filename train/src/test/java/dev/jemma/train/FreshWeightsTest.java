package dev.jemma.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.convert.ModelShape;
import dev.jemma.kernel.Matrix;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.Linear;
import dev.jemma.model.Part;
import dev.jemma.model.Weight;
import dev.jemma.train.testing.Rig;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class FreshWeightsTest {
    private static final GemmaConfig CONFIG = ModelShape.TINY.config();

    private static float[] row(Arena arena, String provider, long seed, Weight weight, int row) {
        Linear linear = new FreshWeights(CONFIG, Rig.kernels(provider), arena, seed).matrix(weight);
        Matrix matrix = ((Linear.Packed) linear).matrix();
        MemorySegment target = arena.allocate(4L * matrix.cols(), 4);
        matrix.row(row, target, 0);
        return target.toArray(ValueLayout.JAVA_FLOAT);
    }

    @Test
    void theSeedAndNothingElseDecidesTheWeights() {
        Weight down = new Weight(Part.DOWN, 1);
        try (Arena arena = Arena.ofConfined()) {
            float[] one = row(arena, "scalar", 3, down, 200);
            assertThat(row(arena, "", 3, down, 200)).isEqualTo(one);
            assertThat(row(arena, "", 4, down, 200)).isNotEqualTo(one);
            assertThat(row(arena, "", 3, new Weight(Part.DOWN, 0), 200)).isNotEqualTo(one);
            double squares = 0;
            for (float w : one) {
                squares += w * w;
            }
            assertThat(squares / one.length).isCloseTo(1.0 / one.length / (2 * 2), within(0.3 / one.length));
        }
    }
}
