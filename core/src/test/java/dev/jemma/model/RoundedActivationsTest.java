package dev.jemma.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.kernel.Precision;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.testing.Tensors;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * What the default precision costs the tiny quantized checkpoints: activations rounded to int8 in blocks of 32, against
 * logits of transformers on the same decoded weights, all positions of two texts of 7 and 24 tokens. The bound: no logit is
 * off by more than 0.75, and their root mean square difference is at most 7 % of the deviation of a row's logits. Measured,
 * Q8_0 and Q4_0: at most 0.59 and 0.57, 5.3 and 5.6 % (of deviations of 1.65 to 1.70). These models are random and 96
 * features wide, so that errors hardly average out; what rounding costs a real one is told by perplexity.
 */
class RoundedActivationsTest {
    private static final float MOST = 0.75f;
    private static final double OF_DEVIATION = 0.07;

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"gemma3-Q8_0", "gemma3-Q4_0"})
    void logitsStayWithinTheBound(String gguf) {
        JsonNode golden = Golden.json("models/gemma3/golden.json");
        try (ModelRig rig = ModelRig.load(Golden.path("models/gguf/" + gguf + ".gguf"));
                Tensors reference = new Tensors(Golden.path("models/gguf/" + gguf + ".golden.safetensors"))) {
            for (String length : List.of("len7", "len24")) {
                int[] ids = Tensors.ints(golden.get("sequences").get(length));
                float[][] want = reference.rows(length + ".logits");
                float[][] got = rig.run(ids, Probe.NONE, Precision.FAST).logits();
                assertThat(Tensors.maxDiff(got, want)).as(length).isLessThanOrEqualTo(MOST);
                assertThat(rms(got, want) / rms(want, means(want))).as(length).isLessThanOrEqualTo(OF_DEVIATION);
            }
        }
    }

    /** Root of the mean squared difference. */
    private static double rms(float[][] a, float[][] b) {
        double sum = 0;
        int count = 0;
        for (int row = 0; row < a.length; row++) {
            for (int i = 0; i < a[row].length; i++) {
                double d = a[row][i] - b[row][i];
                sum += d * d;
                count++;
            }
        }
        return Math.sqrt(sum / count);
    }

    /** Each row's mean in all its places. */
    private static float[][] means(float[][] rows) {
        float[][] means = new float[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            double sum = 0;
            for (float x : rows[row]) {
                sum += x;
            }
            means[row] = new float[rows[row].length];
            Arrays.fill(means[row], (float) (sum / rows[row].length));
        }
        return means;
    }
}
