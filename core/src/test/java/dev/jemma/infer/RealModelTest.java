package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.kernel.Precision;
import dev.jemma.model.EmbeddingScale;
import dev.jemma.testing.Golden;
import dev.jemma.testing.RealModel;
import dev.jemma.testing.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * The real Gemma 3 270M against transformers (golden/gemma3-270m, whose README gives the tolerances). Skipped where the
 * model is not on the machine. {@code -Djemma.real.windows=N} measures more windows of the perplexity texts.
 */
class RealModelTest {
    private static final Set<Integer> EOS = Set.of(1);
    private static LanguageModel exact;
    private static LanguageModel fast;

    @BeforeAll
    static void load() {
        Path path = RealModel.path();
        Golden.shared("golden/gemma3-270m");
        exact = LanguageModel.open(path, options(Precision.EXACT, EmbeddingScale.AUTO));
        fast = LanguageModel.open(path, options(Precision.FAST, EmbeddingScale.AUTO));
    }

    private static ModelOptions options(Precision precision, EmbeddingScale scale) {
        return ModelOptions.builder().precision(precision).embeddingScale(scale).build();
    }

    @AfterAll
    static void close() {
        for (LanguageModel model : new LanguageModel[] {exact, fast}) {
            if (model != null) {
                model.close();
            }
        }
    }

    private static Stream<JsonNode> prompts() {
        return Golden.json("gemma3-270m/logits/logits.json").valueStream();
    }

    @Test
    void theEmbeddingFactorIsRoundedToBfloat16() {
        assertThat(exact.embeddingScale()).isEqualTo(25.25f);
    }

    @Test
    void logProbabilitiesAndBestLogitsMatchUnderBothEmbeddingFactors() {
        compare(exact, "");
        try (LanguageModel unrounded =
                LanguageModel.open(RealModel.path(), options(Precision.EXACT, EmbeddingScale.EXACT))) {
            compare(unrounded, "_scale_sqrt640");
        }
    }

    private static void compare(LanguageModel model, String suffix) {
        prompts().forEach(prompt -> {
            int[] ids = Tensors.ints(prompt.get("ids"));
            JsonNode want = prompt.get("next_logprob" + suffix);
            float[] got = model.engine()
                    .score(List.of(new ScoreRequest(ids, 1, 0)))
                    .getFirst()
                    .logprobs();
            for (int i = 0; i < got.length; i++) {
                assertThat(got[i])
                        .as("%s %d", prompt.get("name"), i)
                        .isCloseTo(want.get(i).floatValue(), within(2e-3f));
            }
            // The logits after the last token: ask for one more and look at the alternatives.
            JsonNode topIds = prompt.get("last_top_ids" + suffix);
            List<TokenLogprob.Alternative> top = model.generate(
                            model.request(ids)
                                    .maxTokens(1)
                                    .logprobs(topIds.size())
                                    .build(),
                            _ -> {})
                    .await()
                    .getFirst()
                    .logprobs()
                    .getFirst()
                    .top();
            for (int i = 0; i < top.size(); i++) {
                assertThat(top.get(i).logit())
                        .as("%s top %d", prompt.get("name"), i)
                        .isCloseTo(prompt.get("last_top_logits" + suffix).get(i).floatValue(), within(2e-3f));
            }
        });
    }

    @Test
    void theWholeLastRowOfLogitsMatches() {
        try (Tensors reference = new Tensors(Golden.path("gemma3-270m/logits/last_logits.safetensors"))) {
            prompts().filter(p -> reference.has(p.get("name").asString())).forEach(prompt -> {
                float[] want = reference.floats(prompt.get("name").asString());
                int[] ids = Tensors.ints(prompt.get("ids"));
                float[] got = new float[want.length];
                exact.generate(exact.request(ids).maxTokens(1).logprobs(2000).build(), _ -> {})
                        .await()
                        .getFirst()
                        .logprobs()
                        .getFirst()
                        .top()
                        .forEach(a -> got[a.id()] = a.logit() - want[a.id()]);
                for (float difference : got) {
                    assertThat(difference).isCloseTo(0, within(2e-3f));
                }
            });
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"EXACT, 0.005", "FAST, 0.75"})
    void greedyTokensDivergeOnlyWhereTheReferenceIsNearlyTied(Precision precision, double margin) {
        LanguageModel model = precision == Precision.EXACT ? exact : fast;
        List<JsonNode> golden = Golden.jsonl("gemma3-270m/greedy/greedy.jsonl");
        List<Generation> running = golden.stream()
                .map(g -> model.generate(
                        model.request(Tensors.ints(g.get("prompt_ids")))
                                .maxTokens(48)
                                .stopIds(EOS)
                                .build(),
                        _ -> {}))
                .toList();
        for (int i = 0; i < golden.size(); i++) {
            int[] want = Tensors.ints(golden.get(i).get("generated_ids"));
            int[] got = running.get(i).await().getFirst().ids();
            int same = Math.max(0, Arrays.mismatch(want, got));
            if (!Arrays.equals(want, got)) {
                assertThat(golden.get(i).get("margins").get(same).doubleValue())
                        .as("prompt %d diverges at step %d", i, same)
                        .isLessThan(margin);
            }
        }
    }

    @Test
    void nearlyAllArgmaxesOfTheDefaultPathAgreeUnderTeacherForcing() {
        int agree = 0;
        int steps = 0;
        for (JsonNode g : Golden.jsonl("gemma3-270m/greedy/greedy.jsonl")) {
            int[] prompt = Tensors.ints(g.get("prompt_ids"));
            int[] generated = Tensors.ints(g.get("generated_ids"));
            int[] ids = Arrays.copyOf(prompt, prompt.length + generated.length);
            System.arraycopy(generated, 0, ids, prompt.length, generated.length);
            boolean[] greedy = fast.engine()
                    .score(List.of(new ScoreRequest(ids, prompt.length, 0)))
                    .getFirst()
                    .greedy();
            for (int i = 0; i < greedy.length; i++) {
                steps++;
                agree += greedy[i] ? 1 : 0;
                if (!greedy[i]) {
                    assertThat(g.get("margins").get(i).doubleValue()).isLessThan(0.75);
                }
            }
        }
        assertThat(agree / (double) steps).isGreaterThanOrEqualTo(0.97);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wikitext2_test", "little_men"})
    void perplexityOfTheFirstWindowsMatches(String name) throws IOException {
        JsonNode golden = Golden.json("gemma3-270m/perplexity/" + name + ".json");
        String text =
                Files.readString(Golden.shared("data/" + golden.get("file").asString()));
        int[] ids = exact.tokenizer().encode(text);
        assertThat(ids).hasSize(golden.get("file_tokens_without_bos").asInt());
        int windows = Math.min(
                Integer.getInteger("jemma.real.windows", 2),
                golden.get("windows").size());
        double exactSum = 0;
        double fastSum = 0;
        double wantSum = 0;
        for (int w = 0; w < windows; w++) {
            JsonNode window = golden.get("windows").get(w);
            int[] part = exact.tokenizer().withBos(Arrays.copyOfRange(ids, 1023 * w, 1023 * (w + 1)));
            ScoreResult result =
                    exact.engine().score(List.of(new ScoreRequest(part, 1, 0))).getFirst();
            double mean = -result.sum() / 1023;
            double want = window.get("mean_nll").doubleValue();
            assertThat(mean).as("window %d", w).isCloseTo(want, within(1e-4 * want));
            List<Double> each = new ArrayList<>();
            window.path("nll").forEach(n -> each.add(n.doubleValue()));
            for (int i = 0; i < each.size(); i++) {
                assertThat((double) result.logprobs()[i]).isCloseTo(-each.get(i), within(2e-3));
            }
            exactSum += mean;
            wantSum += want;
            fastSum -= fast.engine()
                            .score(List.of(new ScoreRequest(part, 1, 0)))
                            .getFirst()
                            .sum()
                    / 1023;
        }
        assertThat(exactSum / windows).isCloseTo(wantSum / windows, within(1e-4 * wantSum / windows));
        double drift = Math.exp((fastSum - wantSum) / windows);
        assertThat(drift)
                .as("perplexity of the default path over the reference")
                .isBetween(0.995, 1.005);
    }

    @ParameterizedTest
    @ValueSource(strings = {"piqa", "arc_easy", "boolq", "hellaswag"})
    void logLikelihoodsAreThoseOfTheReferenceHarness(String task) {
        for (JsonNode item : Golden.jsonl("gemma3-270m/eval/" + task + ".jsonl").subList(0, 5)) {
            for (int c = 0; c < item.get("continuations").size(); c++) {
                ScoreRequest request = TextScoring.request(
                        exact.tokenizer(),
                        item.get("context").asString(),
                        item.get("continuations").get(c).asString(),
                        false,
                        0);
                int[] want = Tensors.ints(item.get("continuation_ids").get(c));
                assertThat(Arrays.copyOfRange(request.ids(), request.firstTarget(), request.ids().length))
                        .isEqualTo(want);
                ScoreResult result = exact.engine().score(List.of(request)).getFirst();
                assertThat(result.sum())
                        .isCloseTo(item.get("loglikelihoods").get(c).doubleValue(), within(5e-3));
                assertThat(result.allGreedy())
                        .isEqualTo(item.get("is_greedy").get(c).asBoolean());
            }
        }
    }
}
