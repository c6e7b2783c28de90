package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.kernel.KvType;
import dev.jemma.kernel.Precision;
import dev.jemma.model.GemmaConfig;
import dev.jemma.model.KvCache;
import dev.jemma.model.ModelFiles;
import dev.jemma.testing.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys and values of every type through the engine: the same answers however they come about, and the memory stated. */
class KvTypesTest {
    private static Path path(String name) {
        return Golden.path("models/gguf/" + name + ".gguf");
    }

    private static LanguageModel open(String name, KvType type, int batchRows, boolean prefixCache, Speculation ahead) {
        return LanguageModel.open(
                path(name),
                ModelOptions.builder()
                        .threads(2)
                        .kvType(type)
                        .batchRows(batchRows)
                        .prefixCache(prefixCache)
                        .kvBudgetBytes(16L << 20)
                        .speculation(ahead)
                        .build());
    }

    /** Prompts of which many share a beginning, with repetitions that can be guessed. */
    private static List<GenerationRequest> requests() {
        Random random = new Random(3);
        int[] shared = random.ints(50, 3, 512).toArray();
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            int[] prompt = new int[40 + 6 * i];
            prompt[0] = 2;
            for (int t = 1; t < prompt.length; t++) {
                prompt[t] = shared[t % (i == 5 ? 7 : 50)];
            }
            SamplingOptions sampling =
                    SamplingOptions.builder().temperature(i % 2).seed(i).build();
            requests.add(new GenerationRequest(prompt, 40, sampling, List.of(), Set.of(), 1, OptionalInt.of(0)));
        }
        return requests;
    }

    private static List<Completion> answers(LanguageModel model) {
        List<Generation> running =
                requests().stream().map(r -> model.generate(r, _ -> {})).toList();
        return running.stream().map(g -> g.await().getFirst()).toList();
    }

    private static void assertSame(List<Completion> actual, List<Completion> expected, String what) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).ids())
                    .as("%s, request %d", what, i)
                    .isEqualTo(expected.get(i).ids());
            assertThat(actual.get(i).logprobs())
                    .as("%s, request %d", what, i)
                    .isEqualTo(expected.get(i).logprobs());
        }
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void answersDoNotDependOnChunksPrefixesOrGuesses(KvType type) {
        Speculation none = new Speculation.None();
        for (String name : List.of("gemma2-F32", "gemma3-Q4_0")) {
            List<Completion> expected = new ArrayList<>();
            try (LanguageModel model = open(name, type, 512, false, none)) {
                for (GenerationRequest request : requests()) {
                    expected.add(model.generate(request, _ -> {}).await().getFirst());
                }
            }
            for (int batchRows : new int[] {3, 16, 512}) {
                try (LanguageModel model = open(name, type, batchRows, true, none)) {
                    assertSame(answers(model), expected, name + " in chunks of " + batchRows);
                    assertSame(answers(model), expected, name + " again, by the prefix cache");
                }
            }
            try (LanguageModel model = open(name, type, 512, true, new Speculation.Lookup(6))) {
                assertSame(answers(model), expected, name + " with lookup");
            }
            try (LanguageModel draft = open("gemma3-Q4_0", KvType.Q8_0, 512, true, none);
                    LanguageModel model = open(name, type, 64, true, new Speculation.Draft(draft, 4))) {
                assertSame(answers(model), expected, name + " with a draft model of 8-bit keys and values");
            }
        }
    }

    @Test
    void smallerTypesChangeTheLogProbabilitiesButLittle() {
        Speculation none = new Speculation.None();
        double[] differences = new double[KvType.values().length];
        try (LanguageModel floats = open("gemma3-F32", KvType.F32, 512, true, none)) {
            for (KvType type : KvType.values()) {
                try (LanguageModel model = open("gemma3-F32", type, 512, true, none)) {
                    int[] ids = requests().getLast().promptIds();
                    float[] expected = logprobs(floats, ids);
                    float[] actual = logprobs(model, ids);
                    for (int i = 0; i < expected.length; i++) {
                        float difference = Math.abs(actual[i] - expected[i]);
                        differences[type.ordinal()] += difference / expected.length;
                    }
                }
            }
        }
        assertThat(differences[KvType.F32.ordinal()]).isZero();
        assertThat(differences[KvType.BF16.ordinal()]).isPositive().isLessThan(0.05);
        assertThat(differences[KvType.Q8_0.ordinal()]).isPositive().isLessThan(0.05);
    }

    private static float[] logprobs(LanguageModel model, int[] ids) {
        return model.engine().submit(new ScoreRequest(ids, 1, 0)).join().logprobs();
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void theMemoryOfATypeIsCountedEverywhereAlike(KvType type) {
        try (ModelFiles files = ModelFiles.open(path("gemma1-mqa-F32"))) {
            GemmaConfig config = files.config();
            long perBlock = 0;
            try (KvCache cache = new KvCache(config, type, 16L << 20)) {
                for (int g = 0; g < cache.groups(); g++) {
                    perBlock += cache.pool(g).blockBytes();
                    cache.pool(g).allocate();
                }
                assertThat(cache.bytesUsed()).isEqualTo(perBlock);
            }
            assertThat(config.kvBytes(16, type)).isEqualTo(perBlock);
            assertThat(MemoryNeed.of(files, 16, 16, type).kvBytes()).isEqualTo(perBlock);
        }
    }

    @Test
    void exactArithmeticRefusesSmallerTypes() {
        ModelOptions.Builder options =
                ModelOptions.builder().precision(Precision.EXACT).kvType(KvType.BF16);
        assertThatThrownBy(options::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("float32")
                .hasMessageContaining("BF16");
    }
}
