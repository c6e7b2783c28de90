package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.kernel.Precision;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random traffic: generations of one and several samples, scores, cancellations, shared beginnings, little memory.
 * Whatever happened before, a request gets its own tokens. {@code -Djemma.soak.rounds=N} lasts longer.
 */
class EngineSoakTest {
    private static final int ROUNDS = Integer.getInteger("jemma.soak.rounds", 12);
    private static final Tokenizer TOKENIZER =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3"})
    void noTrafficChangesTheAnswerOfARequest(String name) {
        Random random = new Random(name.hashCode());
        int[] common = random.ints(120, 3, 512).toArray();
        common[0] = 2;
        int[] probe = Arrays.copyOf(common, 57);
        ScoreRequest probeScore = new ScoreRequest(Arrays.copyOf(common, 90), 40, 0);
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name));
                Engine engine = new Engine(
                        rig.gemma,
                        rig.head,
                        512,
                        () -> TOKENIZER.streamDecoder(SpecialText.SHOW),
                        rig.kernels,
                        rig.workers,
                        Precision.EXACT,
                        new EngineOptions(256, 700L << 10, 24, 6, true))) {
            int[] want =
                    engine.submit(greedy(probe), _ -> {}).await().getFirst().ids();
            float[] wantScore = engine.score(List.of(probeScore)).getFirst().logprobs();
            for (int round = 0; round < ROUNDS; round++) {
                List<Generation> running = new ArrayList<>();
                List<CompletableFuture<ScoreResult>> scores = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    int[] prompt = Arrays.copyOf(common, 1 + random.nextInt(120));
                    if (random.nextBoolean()) {
                        prompt[prompt.length - 1] = 3 + random.nextInt(509);
                    }
                    if (random.nextInt(4) == 0) {
                        scores.add(engine.submit(new ScoreRequest(prompt, 1 + random.nextInt(prompt.length), 1)));
                        continue;
                    }
                    SamplingOptions sampling = SamplingOptions.builder()
                            .temperature(1)
                            .seed(random.nextLong())
                            .build();
                    running.add(engine.submit(
                            new GenerationRequest(
                                    prompt,
                                    1 + random.nextInt(40),
                                    sampling,
                                    List.of(),
                                    Set.of(1),
                                    1 + random.nextInt(3),
                                    OptionalInt.empty()),
                            _ -> {}));
                    if (random.nextInt(3) == 0) {
                        running.get(random.nextInt(running.size())).cancel();
                    }
                }
                Generation probed = engine.submit(greedy(probe), _ -> {});
                assertThat(engine.score(List.of(probeScore)).getFirst().logprobs())
                        .isEqualTo(wantScore);
                assertThat(probed.await().getFirst().ids()).isEqualTo(want);
                running.forEach(g -> assertThat(g.await()).isNotEmpty());
                scores.forEach(CompletableFuture::join);
            }
        }
    }

    private static GenerationRequest greedy(int[] prompt) {
        return GenerationRequest.greedy(prompt, 24, Set.of());
    }
}
