package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.kernel.KernelProviders;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.tensor.Tensor;
import dev.jemma.testing.Golden;
import dev.jemma.testing.Tensors;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class SamplerTest {
    static Stream<JsonNode> cases() {
        return Golden.json("models/sampling/sampling.json").get("cases").valueStream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyRuleKeepsTheTokensAndScoresOfTheReference(JsonNode c) {
        String logits = c.get("logits").asString();
        JsonNode all = Golden.json("models/sampling/sampling.json");
        int[] history = Tensors.ints(all.get(logits.equals("small") ? "history_small" : "history_base_and_ties"));
        SamplingOptions.Builder options = SamplingOptions.builder().temperature(1);
        boolean tiesAtBorder = false;
        for (JsonNode step : c.get("steps")) {
            JsonNode value = step.get(1);
            switch (step.get(0).asString()) {
                case "temperature" -> options.temperature(value.floatValue());
                case "top_k" -> options.topK(value.asInt());
                case "top_p" -> options.topP(value.floatValue());
                case "min_p" -> options.minP(value.floatValue());
                case "typical_p" -> options.typicalP(value.floatValue());
                case "repetition_penalty" -> options.repetitionPenalty(value.floatValue());
                case "no_repeat_ngram_size" -> options.noRepeatNgram(value.asInt());
                case "suppress_tokens" ->
                    options.suppressed(
                            Arrays.stream(Tensors.ints(value)).boxed().toList());
                default -> throw new AssertionError(step);
            }
            tiesAtBorder |= List.of("top_p", "typical_p").contains(step.get(0).asString());
        }
        try (Tensors reference = new Tensors(Golden.path("models/sampling/sampling.safetensors"))) {
            float[] row = reference.floats(logits + ".logits");
            float[] want = reference.floats("case" + c.get("id").asInt() + ".scores");
            Candidates got = new Sampler(row.length).candidates(row, options.build(), new TokenHistory(history));
            assertThat(got.size()).isEqualTo(c.get("kept").asInt());
            float[] scores = new float[row.length];
            Arrays.fill(scores, Float.NEGATIVE_INFINITY);
            for (int i = 0; i < got.size(); i++) {
                scores[got.id(i)] = got.score(i);
            }
            if (tiesAtBorder && !logits.equals("base")) { // which of tied tokens stays depends on the library's sort
                Arrays.sort(scores);
                Arrays.sort(want);
            }
            for (int i = 0; i < want.length; i++) {
                if (Float.isInfinite(want[i])) {
                    assertThat(scores[i]).as("token %d", i).isEqualTo(Float.NEGATIVE_INFINITY);
                } else {
                    assertThat(scores[i]).as("token %d", i).isCloseTo(want[i], within(want[i]));
                }
            }
        }
    }

    private static org.assertj.core.data.Offset<Float> within(float want) {
        return org.assertj.core.api.Assertions.within(1e-6f * Math.max(1, Math.abs(want)));
    }

    @Test
    void samplesFollowTheProbabilities() {
        float[] row = {0, 1, 2, 3, Float.NEGATIVE_INFINITY};
        Sampler sampler = new Sampler(row.length);
        SamplingOptions options =
                SamplingOptions.builder().temperature(1).seed(7).build();
        int[] counts = new int[row.length];
        int n = 40_000;
        for (int i = 0; i < n; i++) {
            counts[sampler.sample(row, options, new TokenHistory(new int[] {2}), i)]++;
        }
        double total = Math.exp(0) + Math.exp(1) + Math.exp(2) + Math.exp(3);
        for (int id = 0; id < 4; id++) {
            double p = Math.exp(id) / total;
            double standardError = Math.sqrt(p * (1 - p) / n);
            assertThat(counts[id] / (double) n).isBetween(p - 5 * standardError, p + 5 * standardError);
        }
        assertThat(counts[4]).isZero();
    }

    @Test
    void theSameKeyGivesTheSameTokenAndAnotherSeedOthers() {
        float[] row = new float[1000];
        Sampler sampler = new Sampler(row.length);
        List<Integer> first = draws(sampler, row, 1);
        assertThat(draws(sampler, row, 1)).isEqualTo(first);
        assertThat(draws(sampler, row, 2)).isNotEqualTo(first);
    }

    private static List<Integer> draws(Sampler sampler, float[] row, long seed) {
        SamplingOptions options =
                SamplingOptions.builder().temperature(1).seed(seed).build();
        List<Integer> ids = new ArrayList<>();
        for (int sample = 0; sample < 20; sample++) {
            ids.add(sampler.sample(row, options, new TokenHistory(new int[] {2}), sample));
        }
        return ids;
    }

    @Test
    void topPOverALargeVocabularyKeepsTheSmallestSetThatReachesTheMass() {
        int n = 50_000;
        float[] row = new float[n];
        for (int i = 0; i < n; i++) {
            row[i] = (float) -Math.log1p(i * 0x1.9p-3); // a heavy tail: much mass far below the maximum
        }
        Candidates kept = new Sampler(n)
                .candidates(
                        row,
                        SamplingOptions.builder().temperature(1).topP(0.95f).build(),
                        new TokenHistory(new int[0]));
        double total = 0;
        for (float x : row) {
            total += Math.exp(x);
        }
        double mass = 0;
        for (int i = 0; i < kept.size(); i++) {
            assertThat(kept.id(i)).isEqualTo(i);
            mass += Math.exp(row[i]);
        }
        assertThat(mass / total).isGreaterThanOrEqualTo(0.9499);
        assertThat((mass - Math.exp(row[kept.size() - 1])) / total).isLessThan(0.9501);
    }

    @Test
    void lookingAtTheLargestPiecesAloneChangesNothing() {
        int n = 40 * Kernels.PIECE + 17;
        Kernels kernels = KernelProviders.choose();
        Random random = new Random(3);
        try (Arena arena = Arena.ofShared();
                Workers workers = new WorkerPool(2)) {
            Tensor logits = Tensor.allocate(arena, 5, n + 9); // rows beyond the vocabulary are never produced
            Sampler sampler = new Sampler(n);
            float[][] rows = new float[logits.rows()][n];
            for (int row = 0; row < rows.length; row++) {
                for (int id = 0; id < logits.cols(); id++) {
                    float x = (float) random.nextGaussian();
                    float value = switch (row) {
                        case 0 -> x;
                        case 1 -> Math.round(2 * x); // many ties
                        case 2 -> id < n - 1 ? Float.NEGATIVE_INFINITY : x;
                        case 3 -> x - id / 100f; // all of the largest in one piece
                        default -> Math.nextUp(1f) - random.nextInt(4) * Math.ulp(1f); // ties once divided
                    };
                    logits.set(row, id, id < n ? value : 100);
                    if (id < n) {
                        rows[row][id] = value;
                    }
                }
            }
            sampler.begin(kernels, workers, logits);
            TokenHistory history = new TokenHistory(new int[] {2});
            for (int row = 0; row < rows.length; row++) {
                assertThat(sampler.sample(row, SamplingOptions.GREEDY, history, 0))
                        .isEqualTo(sampler.sample(rows[row], SamplingOptions.GREEDY, history, 0));
                for (int k : new int[] {1, 2, 7, 40, 41}) {
                    SamplingOptions options = SamplingOptions.builder()
                            .temperature(k % 3 + 0.7f)
                            .topK(k)
                            .topP(0.9f)
                            .build();
                    assertThat(scores(sampler.candidates(row, options)))
                            .isEqualTo(scores(new Sampler(n).candidates(rows[row], options, history)));
                    assertThat(sampler.sample(row, options, history, k))
                            .isEqualTo(sampler.sample(rows[row], options, history, k));
                }
            }
        }
    }

    private static Map<Integer, Float> scores(Candidates candidates) {
        Map<Integer, Float> scores = new TreeMap<>();
        for (int i = 0; i < candidates.size(); i++) {
            scores.put(candidates.id(i), candidates.score(i));
        }
        return scores;
    }

    @Test
    void penaltiesAndBiasChangeTheLogitsTheyName() {
        TokenHistory history = new TokenHistory(new int[] {0});
        history.add(1);
        history.add(1);
        SamplingOptions options = SamplingOptions.builder()
                .temperature(1)
                .frequencyPenalty(0.5f)
                .presencePenalty(0.25f)
                .logitBias(Map.of(2, 3f))
                .build();
        Candidates got = new Sampler(4).candidates(new float[] {1, 1, 1, 1}, options, history);
        assertThat(got.score(0)).isEqualTo(1f); // only in the prompt
        assertThat(got.score(1)).isEqualTo(1 - 2 * 0.5f - 0.25f);
        assertThat(got.score(2)).isEqualTo(4f);
        assertThat(got.score(3)).isEqualTo(1f);
    }

    @Test
    void optionsOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> SamplingOptions.builder().topP(0).build()).hasMessageContaining("top-p");
        assertThatThrownBy(() -> SamplingOptions.builder().temperature(-1).build())
                .hasMessageContaining("temperature");
    }
}
