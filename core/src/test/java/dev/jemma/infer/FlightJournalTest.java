package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.model.KvCache;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialText;
import dev.jemma.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;

/** A flight recording sees every step and every request, and its counts add up to the engine's own. */
class FlightJournalTest {
    private static final Tokenizer TOKENIZER =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    /** What a recording saw. */
    private record Seen(List<RecordedEvent> steps, List<RecordedEvent> requests, EngineStats stats) {
        long sum(String field) {
            return steps.stream().mapToLong(e -> e.getInt(field)).sum();
        }
    }

    /** Something to do with an engine. */
    private interface Work {
        void run(Engine engine) throws InterruptedException;
    }

    private static Seen record(long kvBytes, Speculation guesses, Work work) throws InterruptedException {
        List<RecordedEvent> steps = new CopyOnWriteArrayList<>();
        List<RecordedEvent> requests = new CopyOnWriteArrayList<>();
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma1-mqa"));
                RecordingStream stream = new RecordingStream()) {
            stream.setReuse(false);
            stream.onEvent("dev.jemma.Step", steps::add);
            stream.onEvent("dev.jemma.Request", requests::add);
            stream.startAsync();
            EngineStats stats;
            Engine engine = new Engine(
                    rig.gemma,
                    rig.head,
                    512,
                    () -> TOKENIZER.streamDecoder(SpecialText.SHOW),
                    rig.kernels,
                    rig.workers,
                    Precision.EXACT,
                    new EngineOptions(
                            256, KvType.F32, kvBytes, 8, 16, true, guesses, EngineOptions.DEFAULT_SCREEN_FROM));
            try (engine) {
                work.run(engine);
            }
            stats = engine.stats();
            stream.stop();
            return new Seen(steps, requests, stats);
        }
    }

    private static GenerationRequest request(Random random, int tokens) {
        int[] prompt = random.ints(5 + random.nextInt(40), 3, 512).toArray();
        prompt[0] = 2;
        return GenerationRequest.greedy(prompt, tokens, Set.of());
    }

    /** What a request of this test needs at most, its prompt being up to 45 tokens long. */
    private static long bytesOfOne() {
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma1-mqa"));
                KvCache cache = new KvCache(rig.gemma.config(), KvType.F32, 64L << 20)) {
            return KvMemory.bytes(145, cache, 8);
        }
    }

    @Test
    void stepsAndRequestsAddUpToTheEnginesCounts() throws InterruptedException {
        Random random = new Random(5);
        List<GenerationRequest> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(request(random, 100));
        }
        long budget = 2 * bytesOfOne(); // no layer has a window: those who are admitted together outgrow it
        Seen seen = record(budget, new Speculation.Lookup(4), engine -> {
            List<Generation> running =
                    all.stream().map(r -> engine.submit(r, _ -> {})).toList();
            running.forEach(Generation::await);
        });
        assertThat(seen.steps).hasSize((int) seen.stats.steps());
        assertThat(seen.sum("promptRows")).isEqualTo(seen.stats.promptTokens());
        assertThat(seen.sum("preempted")).isEqualTo(seen.stats.preemptions()).isPositive();
        assertThat(seen.sum("rows"))
                .isEqualTo(seen.sum("promptRows") + seen.sum("decodeRows") + seen.sum("guessedRows"));
        assertThat(seen.sum("rightGuesses")).isPositive().isLessThanOrEqualTo(seen.sum("guessedRows"));
        assertThat(seen.steps).allSatisfy(step -> {
            assertThat(step.getDuration()).isPositive();
            assertThat(step.getInt("sequences")).isPositive();
            assertThat(step.getLong("kvBytes")).isBetween(0L, budget);
        });
        assertThat(seen.steps)
                .anySatisfy(step -> assertThat(step.getInt("waiting")).isPositive());

        assertThat(seen.requests).hasSize(8);
        assertThat(seen.requests.stream()
                        .mapToLong(r -> r.getInt("preemptions"))
                        .sum())
                .isEqualTo(seen.stats.preemptions());
        assertThat(seen.requests).allSatisfy(request -> {
            assertThat(request.getString("kind")).isEqualTo("generate");
            assertThat(request.getString("outcome")).isEqualTo("length");
            assertThat(request.getInt("generatedTokens")).isEqualTo(100);
            assertThat(request.getDuration("queue")).isPositive();
            assertThat(request.getDuration("prefill")).isPositive();
            assertThat(request.getDuration("decode")).isPositive();
        });
        assertThat(seen.requests.stream()
                        .mapToInt(r -> r.getInt("promptTokens"))
                        .sum())
                .isEqualTo(all.stream().mapToInt(r -> r.promptIds().length).sum());
    }

    @Test
    void everyRequestIsToldOnceHoweverItEnds() throws InterruptedException {
        Random random = new Random(6);
        Seen seen = record(64 << 20, new Speculation.None(), engine -> {
            Generation stopped = engine.submit(request(random, 3), _ -> {});
            stopped.await();
            CompletableFuture<Generation> self = new CompletableFuture<>();
            self.complete(engine.submit(request(random, 200), _ -> self.join().cancel()));
            self.join().await();
            engine.submit(new ScoreRequest(new int[] {2, 5, 6, 7}, 1, 0, java.util.Optional.empty()))
                    .join();
            CompletableFuture<List<Completion>> failing = engine.submit(request(random, 9), _ -> {
                        throw new IllegalStateException("mine");
                    })
                    .future();
            assertThat(failing).failsWithin(java.time.Duration.ofSeconds(30));
            GenerationRequest several = new GenerationRequest(
                    new int[] {2, 9, 10},
                    4,
                    SamplingOptions.GREEDY,
                    List.of(),
                    Set.of(),
                    3,
                    java.util.OptionalInt.empty());
            engine.submit(several, _ -> {}).await();
            CompletableFuture<Thread> closing = new CompletableFuture<>();
            Generation cut = engine.submit(request(random, 200), _ -> {
                while (closing.join().getState() != Thread.State.WAITING) { // until close() waits for this thread
                    Thread.onSpinWait();
                }
            });
            closing.complete(Thread.ofPlatform().start(engine::close));
            cut.await();
            closing.join().join();
        });
        assertThat(seen.requests.stream()
                        .map(r -> r.getString("kind") + " " + r.getString("outcome") + " "
                                + (r.getString("outcome").equals("length") ? r.getInt("generatedTokens") : "")))
                .containsExactly(
                        "generate length 3",
                        "generate cancelled ",
                        "score done ",
                        "generate failed ",
                        "generate length 12",
                        "generate cancelled ");
    }

    @Test
    void withoutARecorderNobodyListens() {
        Journal.NONE.begin();
        Journal.NONE.step(List.of(), 0, 0, new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assertThat(Journal.open()).isInstanceOf(FlightJournal.class);
    }
}
