package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.jemma.infer.constraint.Grammar;
import dev.jemma.infer.constraint.TokenConstraint;
import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.testing.Golden;
import dev.jemma.testing.ModelRig;
import dev.jemma.tokenizer.SpecialText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Constraints in the engine: with a model that knows nothing, at any temperature. */
class ConstrainedGenerationTest {
    private static final String SCHEMA = """
            {"type": "object", "required": ["name", "size", "tags"], "properties": {
              "name": {"type": "string", "maxLength": 12},
              "size": {"enum": ["small", "large"]},
              "when": {"type": "string", "format": "date"},
              "tags": {"type": "array", "items": {"type": "integer", "minimum": -9, "maximum": 99}, "maxItems": 4}}}""";

    private static LanguageModel open(Speculation speculation) {
        return LanguageModel.open(
                Golden.path("models/gguf/gemma3-F32.gguf"),
                ModelOptions.builder()
                        .threads(2)
                        .speculation(speculation)
                        .kvBudgetBytes(256L << 20)
                        .build());
    }

    private static List<GenerationRequest> requests(LanguageModel model, SamplingOptions.Builder like) {
        return requests(model, like, 2);
    }

    private static List<GenerationRequest> requests(LanguageModel model, SamplingOptions.Builder like, int samples) {
        TokenConstraint schema = model.constraint(Grammar.jsonSchema(SCHEMA));
        TokenConstraint regex = model.constraint(Grammar.regex("([ab]{2}-)+\\d{3}(é|ß)?"));
        List<GenerationRequest> requests = new ArrayList<>();
        for (int seed = 0; seed < 6; seed++) {
            SamplingOptions sampling = like.seed(seed).build();
            RequestBuilder request = model.request(new int[] {2, 40 + seed, 41})
                    .sampling(sampling)
                    .maxTokens(240)
                    .samples(samples);
            requests.add(request.constraint(seed % 3 == 0 ? regex : schema)
                    .stopIds(Set.of(1))
                    .build());
            requests.add(model.request(new int[] {2, 50})
                    .sampling(sampling)
                    .maxTokens(20)
                    .build());
        }
        return requests;
    }

    private static List<List<Integer>> run(LanguageModel model, List<GenerationRequest> requests) {
        List<Generation> running =
                requests.stream().map(r -> model.generate(r, _ -> {})).toList();
        List<List<Integer>> ids = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            for (Completion answer : running.get(i).await()) {
                ids.add(java.util.Arrays.stream(answer.ids()).boxed().toList());
                if (requests.get(i).constraint().isPresent()) {
                    check(answer, i / 2 % 3 == 0);
                }
            }
        }
        return ids;
    }

    private static void check(Completion answer, boolean regex) {
        Grammar grammar = regex ? Grammar.regex("([ab]{2}-)+\\d{3}(é|ß)?") : Grammar.jsonSchema(SCHEMA);
        if (answer.finishReason() == FinishReason.STOP) {
            assertThat(grammar.matches(answer.text())).as(answer.text()).isTrue();
        } else {
            assertThat(answer.finishReason()).isEqualTo(FinishReason.LENGTH);
            assertThat(grammar.begins(answer.text().replaceAll("\uFFFD+$", "")))
                    .as(answer.text())
                    .isTrue();
        }
    }

    @Test
    void answersHaveTheFormAtAnyTemperatureAndWithAnySpeculation() {
        SamplingOptions.Builder hot = SamplingOptions.builder().temperature(2);
        SamplingOptions.Builder few =
                SamplingOptions.builder().temperature(1).topK(20).topP(0.9f);
        SamplingOptions.Builder greedy = SamplingOptions.builder();
        List<List<List<Integer>>> plain = new ArrayList<>();
        try (LanguageModel model = open(new Speculation.None())) {
            for (SamplingOptions.Builder like : List.of(hot, few, greedy)) {
                plain.add(run(model, requests(model, like)));
            }
        }
        try (LanguageModel draft = open(new Speculation.None());
                LanguageModel guessing = open(new Speculation.Draft(draft, 5));
                LanguageModel looking = open(new Speculation.Lookup(8))) {
            int i = 0;
            for (SamplingOptions.Builder like : List.of(hot, few, greedy)) {
                assertThat(run(guessing, requests(guessing, like))).isEqualTo(plain.get(i));
                assertThat(run(looking, requests(looking, like))).isEqualTo(plain.get(i++));
            }
        }
    }

    @Test
    void theShortWayAndTheLongWayChooseTheSameTokens() {
        try (LanguageModel model = open(new Speculation.None())) {
            for (SamplingOptions.Builder like : List.of(
                    SamplingOptions.builder(),
                    SamplingOptions.builder().temperature(1.5f).topK(7),
                    SamplingOptions.builder().temperature(0.7f).topK(300).minP(0.01f))) {
                List<List<Integer>> shortWay = run(model, requests(model, like));
                List<List<Integer>> longWay =
                        run(model, requests(model, like.logitBias(Map.of(9, 0f)))); // looks at all logits
                assertThat(longWay).isEqualTo(shortWay);
            }
        }
    }

    /** One sequence at a time: where few tokens may come, or the largest logits decide, not all logits are computed. */
    @Test
    void answersAreTheSameWithoutAllLogits() {
        Path file = Golden.path("models/gguf/gemma3-Q8_0.gguf");
        List<List<int[]>> answers = new ArrayList<>();
        try (LanguageModel model =
                        LanguageModel.open(file, ModelOptions.builder().build());
                ModelRig rig = ModelRig.load(file)) {
            for (long screenFrom : new long[] {EngineOptions.NO_SCREEN, 1}) {
                EngineOptions options = new EngineOptions(
                        512, KvType.F32, 64L << 20, 64, 16, false, new Speculation.None(), screenFrom);
                try (Engine engine = new Engine(
                        rig.gemma,
                        rig.head,
                        512,
                        () -> model.tokenizer().streamDecoder(SpecialText.SHOW),
                        rig.kernels,
                        rig.workers,
                        Precision.FAST,
                        options)) {
                    List<int[]> ids = new ArrayList<>();
                    for (SamplingOptions.Builder like : List.of(
                            SamplingOptions.builder(),
                            SamplingOptions.builder().temperature(1.5f).topK(2),
                            SamplingOptions.builder().temperature(1))) {
                        for (GenerationRequest request : requests(model, like, 1)) {
                            engine.submit(request, _ -> {}).await().forEach(c -> ids.add(c.ids()));
                        }
                    }
                    assertThat(engine.stats().screenedTokens() > 100).isEqualTo(screenFrom == 1);
                    answers.add(ids);
                }
            }
        }
        assertThat(answers.get(1)).usingRecursiveComparison().isEqualTo(answers.get(0));
    }

    @Test
    void oneAnswerIsThatOfTheSameRequestInABatch() {
        try (LanguageModel model = open(new Speculation.None())) {
            SamplingOptions.Builder like = SamplingOptions.builder().temperature(1);
            List<List<Integer>> together = run(model, requests(model, like));
            List<List<Integer>> alone = new ArrayList<>();
            List<GenerationRequest> requests = requests(model, like);
            for (int i = 0; i < requests.size(); i++) {
                model.generate(requests.get(i), _ -> {})
                        .await()
                        .forEach(answer -> alone.add(
                                java.util.Arrays.stream(answer.ids()).boxed().toList()));
            }
            assertThat(alone).isEqualTo(together);
        }
    }

    @Test
    void aTextThatIsCompleteEndsByItselfAndOneThatIsCutSaysSo() {
        try (LanguageModel model = open(new Speculation.None())) {
            TokenConstraint ten = model.constraint(Grammar.regex("a{10}"));
            RequestBuilder request =
                    model.request(new int[] {2, 40}).ignoreEos().constraint(ten);
            Completion whole = model.generate(request.maxTokens(40).build(), _ -> {})
                    .await()
                    .getFirst();
            assertThat(whole.text()).isEqualTo("a".repeat(10));
            assertThat(whole.finishReason()).isEqualTo(FinishReason.STOP);
            Completion cut = model.generate(request.maxTokens(1).build(), _ -> {})
                    .await()
                    .getFirst();
            assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
            assertThat("a".repeat(10)).startsWith(cut.text());
        }
    }

    @Test
    void logprobsStayThoseOfTheModel() {
        try (LanguageModel model = open(new Speculation.None())) {
            TokenConstraint form = model.constraint(Grammar.regex("z[0-9]*"));
            GenerationRequest request = model.request(new int[] {2, 40})
                    .maxTokens(1)
                    .temperature(0)
                    .logprobs(3)
                    .constraint(form)
                    .build();
            GenerationRequest free = model.request(new int[] {2, 40})
                    .maxTokens(1)
                    .temperature(0)
                    .logprobs(3)
                    .build();
            TokenLogprob held = model.generate(request, _ -> {})
                    .await()
                    .getFirst()
                    .logprobs()
                    .getFirst();
            TokenLogprob any =
                    model.generate(free, _ -> {}).await().getFirst().logprobs().getFirst();
            assertThat(held.top()).isEqualTo(any.top());
            assertThat(held.logprob()).isLessThan(any.logprob());
        }
    }

    @Test
    void optionsThatForbidWhatTheFormNeedsAreAnError() {
        try (LanguageModel model = open(new Speculation.None())) {
            TokenConstraint form = model.constraint(Grammar.regex("a"));
            List<Integer> all = new ArrayList<>();
            for (int id = 0; id < model.tokenizer().vocabularySize(); id++) {
                all.add(id);
            }
            for (float temperature : new float[] {0, 1}) {
                SamplingOptions none = SamplingOptions.builder()
                        .temperature(temperature)
                        .suppressed(all)
                        .build();
                GenerationRequest request = model.request(new int[] {2, 40})
                        .sampling(none)
                        .constraint(form)
                        .build();
                assertThatThrownBy(() -> model.generate(request, _ -> {}).await())
                        .hasStackTraceContaining("forbid every token");
            }
        }
    }

    @Test
    void theLastSchemasAreKept() {
        try (LanguageModel model = open(new Speculation.None())) {
            TokenConstraint first = model.jsonSchema(SCHEMA);
            TokenConstraint second = model.jsonSchema("{\"const\": -1}");
            for (int i = 0; i < SchemaConstraints.MOST - 1; i++) {
                model.jsonSchema("{\"const\": %d}".formatted(i));
                assertThat(model.jsonSchema(SCHEMA)).isSameAs(first);
            }
            assertThat(model.jsonSchema("{\"const\": -1}")).isNotSameAs(second);
            assertThatThrownBy(() -> model.jsonSchema("{\"type\": 1}")).isInstanceOf(dev.jemma.JemmaException.class);
        }
    }

    @Test
    void constraintsThatTakeMuchMemoryAreNotKept() {
        try (LanguageModel model = open(new Speculation.None())) {
            SchemaConstraints schemas = new SchemaConstraints(1);
            TokenConstraint first = schemas.of("true", text -> model.constraint(Grammar.jsonSchema(text)));
            assertThat(schemas.of("true", _ -> fail("it is the last one"))).isSameAs(first);
            schemas.of(SCHEMA, text -> model.constraint(Grammar.jsonSchema(text)));
            assertThat(schemas.of("true", text -> model.constraint(Grammar.jsonSchema(text))))
                    .isNotSameAs(first);
        }
    }

    @Test
    void constraintsThatGrowWhileTheyAreUsedMakeRoomForTheNext() {
        try (LanguageModel model = open(new Speculation.None())) {
            String text = "{\"type\": \"string\"}";
            TokenConstraint small = model.constraint(Grammar.jsonSchema("true"));
            TokenConstraint grown = model.constraint(Grammar.jsonSchema(text));
            SchemaConstraints schemas = new SchemaConstraints(small.bytes() + grown.bytes());
            schemas.of(text, _ -> grown);
            schemas.of("true", _ -> small);
            assertThat(schemas.of(text, _ -> fail("both have room"))).isSameAs(grown);
            assertThat(schemas.of("true", _ -> fail("both have room"))).isSameAs(small);
            grown.prepare(Duration.ofMinutes(1));
            assertThat(schemas.of("true", _ -> fail("it is the last one"))).isSameAs(small);
            assertThat(schemas.bytes()).isEqualTo(small.bytes());
        }
    }

    @Test
    void nobodyWaitsForTheSchemaOfAnother() throws Exception {
        try (LanguageModel model = open(new Speculation.None());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            SchemaConstraints schemas = new SchemaConstraints(Long.MAX_VALUE);
            CountDownLatch quickIsMade = new CountDownLatch(1);
            CountDownLatch slowIsBegun = new CountDownLatch(1);
            Future<?> slow = threads.submit(() -> schemas.of(SCHEMA, text -> {
                slowIsBegun.countDown();
                try {
                    quickIsMade.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return model.constraint(Grammar.jsonSchema(text));
            }));
            slowIsBegun.await();
            Future<?> quick =
                    threads.submit(() -> schemas.of("true", text -> model.constraint(Grammar.jsonSchema(text))));
            quick.get(1, TimeUnit.MINUTES);
            quickIsMade.countDown();
            assertThat(slow.get()).isSameAs(schemas.of(SCHEMA, _ -> fail("it is kept")));
        }
    }
}
