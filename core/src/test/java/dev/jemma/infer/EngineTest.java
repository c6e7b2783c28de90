package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.testing.Tensors;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class EngineTest {
    private static final Tokenizer TOKENIZER =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    private static Engine engine(ModelRig rig, Workers workers, int batchRows, boolean prefixCache) {
        return engine(rig, workers, batchRows, prefixCache, Precision.EXACT, 64L << 20);
    }

    private static Engine engine(
            ModelRig rig, Workers workers, int batchRows, boolean prefixCache, Precision precision, long kvBytes) {
        return engine(rig, workers, precision, new EngineOptions(256, kvBytes, batchRows, 16, prefixCache));
    }

    private static Engine engine(ModelRig rig, Workers workers, Precision precision, EngineOptions options) {
        return new Engine(
                rig.gemma,
                rig.head,
                512,
                () -> TOKENIZER.streamDecoder(SpecialText.SHOW),
                rig.kernels,
                workers,
                precision,
                options);
    }

    private static GenerationRequest greedy(int[] prompt, int n) {
        return GenerationRequest.greedy(prompt, n, Set.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa", "gemma1-mha", "gemma2", "gemma3", "gemma3-ropescale", "vaultgemma"})
    void greedyTokensAreThoseOfTheReferenceForAnyChunking(String name) {
        JsonNode golden = Golden.json("models/" + name + "/golden.json").get("greedy");
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name))) {
            for (int batchRows : new int[] {512, 1, 3, 7}) {
                for (boolean prefixCache : new boolean[] {true, false}) {
                    try (Engine engine = engine(rig, rig.workers, batchRows, prefixCache)) {
                        List<Generation> running = new ArrayList<>();
                        for (JsonNode g : golden) {
                            running.add(engine.submit(greedy(Tensors.ints(g.get("prompt")), 24), _ -> {}));
                        }
                        for (int i = 0; i < running.size(); i++) {
                            assertThat(running.get(i).await().getFirst().ids())
                                    .as("prompt %d, %d rows a batch, prefix cache %s", i, batchRows, prefixCache)
                                    .isEqualTo(Tensors.ints(golden.get(i).get("tokens")));
                        }
                    }
                }
            }
        }
    }

    /** A coarse copy of the output matrix is made after some tokens; nobody can tell by the answers. */
    @Test
    void screenedLogitsGiveTheSameTokens() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gguf/gemma3-Q8_0.gguf"))) {
            List<List<int[]>> answers = new ArrayList<>();
            for (long screenFrom : new long[] {EngineOptions.NO_SCREEN, 1}) {
                EngineOptions options = new EngineOptions(
                        256, KvType.F32, 64L << 20, 64, 16, false, new Speculation.None(), screenFrom);
                try (Engine engine = engine(rig, rig.workers, Precision.FAST, options)) {
                    List<int[]> texts = new ArrayList<>();
                    for (int i = 0; i < 15; i++) {
                        SamplingOptions sampling = SamplingOptions.builder()
                                .temperature(i % 3 == 2 ? 0.5f : 0)
                                .topK(2)
                                .seed(i)
                                .build();
                        GenerationRequest request = new GenerationRequest(
                                new int[] {2, 7 + i, 9}, 60, sampling, List.of(), Set.of(), 1, OptionalInt.empty());
                        texts.add(engine.submit(request, _ -> {})
                                .await()
                                .getFirst()
                                .ids());
                    }
                    long screened = engine.stats().screenedTokens();
                    assertThat(screened > 0).as("%d tokens screened", screened).isEqualTo(screenFrom == 1);
                    answers.add(texts);
                }
            }
            assertThat(answers.get(1)).usingRecursiveComparison().isEqualTo(answers.get(0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma2", "gemma3"})
    void sampledTokensAreTheSameAloneInABatchOfEightInAnyChunkAndOnAnyThreads(String name) {
        Random random = new Random(42);
        try (ModelRig rig = ModelRig.load(
                Golden.path("models/gguf/" + name + (name.equals("gemma3") ? "-Q4_0" : "-F32") + ".gguf"))) {
            List<GenerationRequest> requests = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int[] prompt = random.ints(1 + random.nextInt(60), 3, 512).toArray();
                prompt[0] = 2;
                SamplingOptions sampling = SamplingOptions.builder()
                        .temperature(1)
                        .topK(40)
                        .topP(0.95f)
                        .seed(100 + i)
                        .build();
                requests.add(new GenerationRequest(
                        prompt, 1 + random.nextInt(30), sampling, List.of(), Set.of(), 1, OptionalInt.of(0)));
            }
            List<Completion> alone = new ArrayList<>();
            try (Engine engine = engine(rig, rig.workers, 512, false, Precision.FAST, 64L << 20)) {
                requests.forEach(
                        r -> alone.add(engine.submit(r, _ -> {}).await().getFirst()));
            }
            for (int threads = 1; threads <= 3; threads++) {
                try (Workers workers = new WorkerPool(threads)) {
                    for (int batchRows : new int[] {512, 1, 5, 16, 33}) {
                        try (Engine engine = engine(rig, workers, batchRows, threads == 2, Precision.FAST, 64L << 20)) {
                            List<Generation> together = requests.stream()
                                    .map(r -> engine.submit(r, _ -> {}))
                                    .toList();
                            for (int i = 0; i < 8; i++) {
                                Completion got = together.get(i).await().getFirst();
                                assertThat(got.ids()).isEqualTo(alone.get(i).ids());
                                assertThat(got.logprobs())
                                        .isEqualTo(alone.get(i).logprobs());
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa", "gemma2", "gemma3"})
    void scoresAreTheLogSoftmaxOfTheReferenceLogits(String name) {
        JsonNode golden = Golden.json("models/" + name + "/golden.json");
        int[] ids = Tensors.ints(golden.get("sequences").get("len40"));
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name));
                Tensors reference = new Tensors(Golden.path("models/" + name + "/golden.safetensors"));
                Engine engine = engine(rig, rig.workers, 16, true)) {
            float[][] logits = reference.rows("len40.logits");
            for (int first : new int[] {1, 17, 39}) {
                ScoreResult result =
                        engine.score(List.of(new ScoreRequest(ids, first, 3))).getFirst();
                assertThat(result.logprobs()).hasSize(40 - first);
                for (int i = first; i < 40; i++) {
                    float[] row = logits[i - 1];
                    double sum = 0;
                    int best = 0;
                    for (int v = 0; v < row.length; v++) {
                        sum += Math.exp(row[v]);
                        best = row[v] > row[best] ? v : best;
                    }
                    assertThat((double) result.logprobs()[i - first])
                            .isCloseTo(row[ids[i]] - Math.log(sum), within(2e-4));
                    assertThat(result.top().get(i - first).getFirst().id()).isEqualTo(best);
                    assertThat(result.greedy()[i - first]).isEqualTo(best == ids[i]);
                }
            }
        }
    }

    @Test
    void aRaggedBatchGivesTheLogitsOfItsRowsAlone() {
        JsonNode golden = Golden.json("models/gemma3/golden.json").get("ragged_batch");
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Tensors reference = new Tensors(Golden.path("models/gemma3/golden.safetensors"));
                Engine engine = engine(rig, rig.workers, 512, false)) {
            float[][] want = reference.rows("batch.last_logits");
            List<Generation> running = new ArrayList<>();
            for (JsonNode row : golden.get("rows")) {
                running.add(engine.submit(
                        new GenerationRequest(
                                Tensors.ints(row),
                                1,
                                SamplingOptions.GREEDY,
                                List.of(),
                                Set.of(),
                                1,
                                OptionalInt.of(512)),
                        _ -> {}));
            }
            for (int r = 0; r < want.length; r++) {
                float[] got = new float[512];
                running.get(r).await().getFirst().logprobs().getFirst().top().forEach(a -> got[a.id()] = a.logit());
                assertThat(Tensors.maxDiff(got, want[r])).isLessThanOrEqualTo(2e-4f);
            }
        }
    }

    @Test
    void samplesOfOneRequestShareThePromptAndDifferLater() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, rig.workers, 512, true)) {
            int[] prompt = {2, 279, 15, 38, 234, 9, 8, 7, 6, 5, 4, 3, 99, 98, 97, 96, 95, 94};
            SamplingOptions sampling =
                    SamplingOptions.builder().temperature(1).seed(3).build();
            List<Completion> three = engine.submit(
                            new GenerationRequest(prompt, 20, sampling, List.of(), Set.of(), 3, OptionalInt.empty()),
                            _ -> {})
                    .await();
            assertThat(three).hasSize(3);
            assertThat(three.get(0).ids()).isNotEqualTo(three.get(1).ids());
            List<Completion> one = engine.submit(
                            new GenerationRequest(prompt, 20, sampling, List.of(), Set.of(), 1, OptionalInt.empty()),
                            _ -> {})
                    .await();
            assertThat(one.getFirst().ids()).isEqualTo(three.getFirst().ids());
        }
    }

    @Test
    void prefixesAreReusedAndStayRightWhenMemoryIsShort() {
        Random random = new Random(1);
        int[] common = random.ints(100, 3, 512).toArray();
        common[0] = 2;
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"))) {
            List<int[]> want = new ArrayList<>();
            List<int[]> prompts = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                int[] prompt = Arrays.copyOf(common, 40 + random.nextInt(60) + 5);
                for (int j = 1; j <= 5; j++) {
                    prompt[prompt.length - j] = 3 + random.nextInt(500);
                }
                prompts.add(prompt);
            }
            try (Engine engine = engine(rig, rig.workers, 512, false)) {
                prompts.forEach(p -> want.add(
                        engine.submit(greedy(p, 20), _ -> {}).await().getFirst().ids()));
            }
            // Room for little more than one sequence: cached ends must be dropped all the time.
            try (Engine engine = engine(rig, rig.workers, 16, true, Precision.EXACT, 300L << 10)) {
                List<Generation> running = prompts.stream()
                        .map(p -> engine.submit(greedy(p, 20), _ -> {}))
                        .toList();
                for (int i = 0; i < running.size(); i++) {
                    assertThat(running.get(i).await().getFirst().ids()).isEqualTo(want.get(i));
                }
            }
        }
    }

    @Test
    void stopStringsAndStopTokensEndAContinuationAndAreNotShown() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, rig.workers, 512, true)) {
            int[] prompt = {2, 279, 15, 38, 234};
            Completion free = engine.submit(greedy(prompt, 24), _ -> {}).await().getFirst();
            assertThat(free.finishReason()).isEqualTo(FinishReason.LENGTH);
            String text = free.text();
            String stop = text.substring(text.length() / 2, text.length() / 2 + 3);
            StringBuilder streamed = new StringBuilder();
            Completion stopped = engine.submit(
                            new GenerationRequest(
                                    prompt,
                                    24,
                                    SamplingOptions.GREEDY,
                                    List.of(stop),
                                    Set.of(),
                                    1,
                                    OptionalInt.empty()),
                            token -> streamed.append(token.text()))
                    .await()
                    .getFirst();
            assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP);
            assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
            assertThat(streamed).hasToString(stopped.text());

            int end = free.ids()[5];
            Completion ended = engine.submit(GenerationRequest.greedy(prompt, 24, Set.of(end)), _ -> {})
                    .await()
                    .getFirst();
            int first = Arrays.stream(free.ids()).boxed().toList().indexOf(end);
            assertThat(ended.ids()).isEqualTo(Arrays.copyOf(free.ids(), first + 1));
            assertThat(ended.finishReason()).isEqualTo(FinishReason.STOP);
        }
    }

    @Test
    void requestsThatCannotFitAreRefusedWithBothNumbers() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, rig.workers, 512, true)) {
            assertThatThrownBy(() -> engine.submit(greedy(new int[300], 10), _ -> {}))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("300")
                    .hasMessageContaining("256");
            assertThatThrownBy(() -> engine.submit(greedy(new int[] {2, 512}, 10), _ -> {}))
                    .hasMessageContaining("512");
            assertThatThrownBy(() -> new ScoreRequest(new int[] {2}, 0, 0)).hasMessageContaining("scored");
        }
    }

    @Test
    void cancelAndCloseEndRequestsWithTheTextSoFar() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"))) {
            Engine engine = engine(rig, rig.workers, 512, true);
            List<Integer> seen = java.util.Collections.synchronizedList(new ArrayList<>());
            Generation[] handle = new Generation[1];
            var ready = new java.util.concurrent.CountDownLatch(1);
            handle[0] = engine.submit(greedy(new int[] {2, 5}, 250), token -> {
                seen.add(token.id());
                if (seen.size() == 5) {
                    try {
                        ready.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    handle[0].cancel();
                }
            });
            ready.countDown();
            Completion cut = handle[0].await().getFirst();
            assertThat(cut.finishReason()).isEqualTo(FinishReason.CANCELLED);
            assertThat(cut.ids()).hasSize(5);

            Generation left = engine.submit(greedy(new int[] {2, 5}, 250), _ -> {});
            engine.close();
            assertThat(left.await()).hasSize(1);
            assertThatThrownBy(() -> engine.submit(greedy(new int[] {2}, 1), _ -> {}))
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void whoSubmitsWhileItIsClosedNeverWaitsInVain() throws Exception {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int round = 0; round < 100; round++) {
                Engine engine = engine(rig, rig.workers, 512, true);
                CountDownLatch asking = new CountDownLatch(3);
                List<Future<?>> askers = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    askers.add(threads.submit(() -> {
                        asking.countDown();
                        try {
                            while (true) {
                                engine.submit(new ScoreRequest(new int[] {2, 5, 7}, 1, 0))
                                        .join();
                            }
                        } catch (EngineException | CompletionException e) {
                            return; // it is closed
                        }
                    }));
                }
                asking.await();
                engine.close();
                for (Future<?> asker : askers) {
                    asker.get(1, TimeUnit.MINUTES);
                }
            }
        }
    }

    @Test
    void aListenerThatThrowsFailsItsOwnRequestOnly() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, rig.workers, 512, true)) {
            Generation bad = engine.submit(greedy(new int[] {2, 5}, 20), _ -> {
                throw new IllegalStateException("listener");
            });
            Generation good = engine.submit(greedy(new int[] {2, 6}, 20), _ -> {});
            assertThatThrownBy(bad::await).hasMessageContaining("listener");
            assertThat(good.await().getFirst().ids()).hasSize(20);
        }
    }

    @Test
    void embeddingsMatchTheReferenceAloneAndTogether() {
        JsonNode golden = Golden.json("models/embeddinggemma/golden.json");
        try (ModelRig rig = ModelRig.load(Golden.path("models/embeddinggemma"));
                Tensors reference = new Tensors(Golden.path("models/embeddinggemma/golden.safetensors"));
                Engine engine = engine(rig, rig.workers, 16, true)) {
            var lengths = List.of("len1", "len7", "len24", "len40");
            var futures = lengths.stream()
                    .map(l -> engine.embed(Tensors.ints(golden.get("sequences").get(l))))
                    .toList();
            for (int i = 0; i < lengths.size(); i++) {
                float[] want = reference.floats(lengths.get(i) + ".mean_pooled_l2");
                assertThat(Tensors.maxDiff(futures.get(i).join(), want)).isLessThanOrEqualTo(2e-4f);
            }
        }
    }
}
