package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InferenceOpsTest {
    /** 300 rows go through a feed-forward in three parts, 129 in two, 70 in one. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"gemma3-Q4_0", "gemma2-F32"})
    void hiddenStatesOfARowDoNotDependOnHowManyRowsFollowIt(String name) {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gguf/" + name + ".gguf"))) {
            int[] ids = new Random(1)
                    .ints(300, 4, rig.gemma.config().vocabularySize())
                    .toArray();
            float[][] all = rig.run(ids, Probe.NONE).hidden();
            for (int rows : new int[] {70, 129}) {
                assertThat(rig.run(Arrays.copyOf(ids, rows), Probe.NONE).hidden())
                        .isEqualTo(Arrays.copyOf(all, rows));
            }
        }
    }
}
