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
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory for keys and values that is too small for all who run: who gives way, and that nobody's answer changes. */
class PreemptionTest {
    private static final int ROWS = 8;
    private static final Tokenizer TOKENIZER =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    private static Engine engine(ModelRig rig, long kvBytes, int batchRows, boolean prefixCache, Speculation guesses) {
        EngineOptions options = new EngineOptions(
                256,
                dev.jemma.kernel.KvType.F32,
                kvBytes,
                batchRows,
                16,
                prefixCache,
                guesses,
                EngineOptions.DEFAULT_SCREEN_FROM);
        return new Engine(
                rig.gemma,
                rig.head,
                512,
                () -> TOKENIZER.streamDecoder(SpecialText.SHOW),
                rig.kernels,
                rig.workers,
                Precision.EXACT,
                options);
    }

    private static GenerationRequest request(Random random, int samples) {
        int[] prompt = random.ints(5 + random.nextInt(40), 3, 512).toArray();
        prompt[0] = 2;
        SamplingOptions sampling = SamplingOptions.builder()
                .temperature(random.nextBoolean() ? 1 : 0)
                .seed(random.nextLong())
                .build();
        return new GenerationRequest(prompt, 120, sampling, List.of(), Set.of(), samples, OptionalInt.of(2));
    }

    @ParameterizedTest
    @CsvSource({"gemma1-mqa, false", "gemma2, true", "gemma3, false", "gemma3, true"})
    void requestsThatGiveWayHaveTheSameTokensTextAndProbabilitiesAsAlone(String name, boolean prefixCache) {
        Random random = new Random(11);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            requests.add(request(random, i == 3 ? 3 : 1));
        }
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name))) {
            List<List<Completion>> alone = new ArrayList<>();
            long needed;
            try (Engine engine = engine(rig, 64L << 20, 512, false, new Speculation.None())) {
                requests.forEach(r -> alone.add(engine.submit(r, _ -> {}).await()));
                needed = needed(rig, requests.get(3)); // the largest: it must be able to run by itself
            }
            for (Speculation guesses : List.of(new Speculation.None(), new Speculation.Lookup(4))) {
                try (Engine engine = engine(rig, needed, ROWS, prefixCache, guesses)) {
                    List<StringBuilder> streamed = new ArrayList<>();
                    List<Generation> running = new ArrayList<>();
                    for (GenerationRequest r : requests) {
                        StringBuilder text = new StringBuilder();
                        streamed.add(text);
                        running.add(engine.submit(r, token -> {
                            if (token.sample() == 0) {
                                text.append(token.text());
                            }
                        }));
                    }
                    for (int i = 0; i < running.size(); i++) {
                        List<Completion> got = running.get(i).await();
                        for (int s = 0; s < got.size(); s++) {
                            assertThat(got.get(s).ids())
                                    .isEqualTo(alone.get(i).get(s).ids());
                            assertThat(got.get(s).text())
                                    .isEqualTo(alone.get(i).get(s).text());
                            assertThat(got.get(s).logprobs())
                                    .isEqualTo(alone.get(i).get(s).logprobs());
                        }
                        assertThat(streamed.get(i)).hasToString(got.getFirst().text());
                    }
                    EngineStats stats = settled(engine);
                    assertThat(stats.preemptions()).isPositive();
                    assertThat(stats.kvBytesUsed()).isLessThanOrEqualTo(needed);
                    assertThat(stats.generatedTokens()).isEqualTo(12 * 120L);
                }
            }
        }
    }

    private static long needed(ModelRig rig, GenerationRequest largest) {
        try (dev.jemma.model.KvCache cache =
                new dev.jemma.model.KvCache(rig.gemma.config(), dev.jemma.kernel.KvType.F32, 64L << 20)) {
            int most = largest.promptIds().length + largest.maxTokens();
            return largest.samples() * KvMemory.bytes(most, cache, ROWS);
        }
    }

    /** The counts once the last step, which completes the futures, has been counted. */
    private static EngineStats settled(Engine engine) {
        long end = System.nanoTime() + 10_000_000_000L;
        while (engine.stats().sequences() + engine.stats().waiting() > 0 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        EngineStats stats = engine.stats();
        assertThat(stats.sequences()).isZero();
        assertThat(stats.waiting()).isZero();
        assertThat(stats.blocksHeld()).isZero();
        return stats;
    }

    @Test
    void aPreemptedRequestThatIsCancelledKeepsItsTextAndLeavesNothingBehind() {
        Random random = new Random(5);
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma1-mqa"))) {
            List<GenerationRequest> requests = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                requests.add(request(random, 1));
            }
            int most =
                    requests.stream().mapToInt(r -> r.promptIds().length).max().orElseThrow() + 120;
            GenerationRequest widest = GenerationRequest.greedy(new int[most - 120], 120, Set.of());
            try (Engine engine = engine(rig, 2 * needed(rig, widest), ROWS, true, new Speculation.None())) {
                List<Generation> running =
                        requests.stream().map(r -> engine.submit(r, _ -> {})).toList();
                long end = System.nanoTime() + 60_000_000_000L;
                while (engine.stats().preemptions() == 0 && System.nanoTime() < end) {
                    Thread.yield();
                }
                assertThat(engine.stats().preemptions()).isPositive();
                running.forEach(Generation::cancel);
                for (Generation g : running) {
                    Completion cut = g.await().getFirst();
                    String text = TOKENIZER.decode(cut.ids(), SpecialText.SHOW);
                    assertThat(text).startsWith(cut.text().replaceAll("\uFFFD+$", ""));
                }
                settled(engine);
            }
        }
    }

    @Test
    void cachedBeginningsAreNotSharedBetweenScopes() {
        int[] prompt = new Random(3).ints(100, 3, 512).toArray();
        GenerationRequest request = GenerationRequest.greedy(prompt, 4, Set.of());
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, 64L << 20, 64, true, new Speculation.None())) {
            CacheScope mine = new CacheScope("mine");
            int[] first = new int[4];
            List<Integer> cached = new ArrayList<>();
            for (CacheScope scope : List.of(mine, new CacheScope("yours"), mine, CacheScope.COMMON)) {
                Generation generation = engine.submit(request, scope, _ -> {});
                int[] ids = generation.await().getFirst().ids();
                first = cached.isEmpty() ? ids : first;
                assertThat(ids).isEqualTo(first);
                cached.add(generation.cachedTokens());
            }
            assertThat(cached).containsExactly(0, 0, 96, 0);
        }
    }

    @Test
    void aScoreWhoseFutureIsCancelledEndsAndTheRestGoesOn() {
        int[] ids = new Random(3).ints(250, 3, 512).toArray();
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, 64L << 20, 1, true, new Speculation.None())) {
            CompletableFuture<ScoreResult> gone = engine.submit(new ScoreRequest(ids, 1, 0));
            CompletableFuture<ScoreResult> stays = engine.submit(new ScoreRequest(Arrays.copyOf(ids, 40), 1, 0));
            gone.cancel(true);
            assertThat(stays.join().logprobs()).hasSize(39);
            settled(engine);
        }
    }

    @Test
    void aShortPromptDoesNotWaitUntilALongOneIsRead() {
        Random random = new Random(3);
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                Engine engine = engine(rig, 64L << 20, 16, false, new Speculation.None())) {
            List<String> order = java.util.Collections.synchronizedList(new ArrayList<>());
            List<Generation> running = new ArrayList<>();
            // The engine stands in this listener until all are there: else a fast engine has read the first by then.
            CountDownLatch asked = new CountDownLatch(1);
            GenerationRequest first = GenerationRequest.greedy(new int[] {2}, 1, Set.of());
            running.add(engine.submit(first, _ -> await(asked)));
            for (int i = 0; i < 2; i++) {
                GenerationRequest longer =
                        GenerationRequest.greedy(random.ints(250, 3, 512).toArray(), 2, Set.of());
                running.add(engine.submit(longer, _ -> order.add("long")));
            }
            GenerationRequest shorter =
                    GenerationRequest.greedy(random.ints(12, 3, 512).toArray(), 2, Set.of());
            running.add(engine.submit(shorter, _ -> order.add("short")));
            asked.countDown();
            running.forEach(Generation::await);
            assertThat(order).startsWith("short", "short").endsWith("long", "long");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
