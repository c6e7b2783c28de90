package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Guessing ahead changes the time, never the tokens. */
class SpeculationTest {
    private static final Speculation NONE = new Speculation.None();

    private static Path path(String name) {
        return Golden.path("models/gguf/" + name + ".gguf");
    }

    private static LanguageModel open(String name, Speculation speculation) {
        return open(name, speculation, 512, true, 64L << 20);
    }

    private static LanguageModel open(
            String name, Speculation speculation, int batchRows, boolean prefixCache, long kvBytes) {
        return open(name, speculation, batchRows, prefixCache, kvBytes, EngineOptions.DEFAULT_SEQUENCES);
    }

    private static LanguageModel open(
            String name, Speculation speculation, int batchRows, boolean prefixCache, long kvBytes, int sequences) {
        return LanguageModel.open(
                path(name),
                ModelOptions.builder()
                        .threads(2)
                        .batchRows(batchRows)
                        .sequences(sequences)
                        .prefixCache(prefixCache)
                        .kvBudgetBytes(kvBytes)
                        .speculation(speculation)
                        .build());
    }

    /** What a request gave: its answers, and what was streamed of each. */
    private record Outcome(
            List<List<Integer>> ids, List<Completion> answers, List<String> streamed, SpeculationReport report) {
        void isThatOf(Outcome plain) {
            assertThat(ids).isEqualTo(plain.ids);
            assertThat(streamed).isEqualTo(plain.streamed);
            for (int i = 0; i < answers.size(); i++) {
                Completion want = plain.answers.get(i);
                assertThat(answers.get(i).text()).isEqualTo(want.text()).isEqualTo(streamed.get(i));
                assertThat(answers.get(i).finishReason()).isEqualTo(want.finishReason());
                assertThat(answers.get(i).logprobs()).isEqualTo(want.logprobs());
            }
        }
    }

    private static List<Outcome> run(LanguageModel model, List<GenerationRequest> requests) {
        List<Generation> running = new ArrayList<>();
        List<List<StringBuilder>> streams = new ArrayList<>();
        for (GenerationRequest request : requests) {
            List<StringBuilder> streamed = new ArrayList<>();
            for (int i = 0; i < request.samples(); i++) {
                streamed.add(new StringBuilder());
            }
            streams.add(streamed);
            running.add(model.generate(
                    request, token -> streamed.get(token.sample()).append(token.text())));
        }
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < running.size(); i++) {
            List<Completion> answers = running.get(i).await();
            outcomes.add(new Outcome(
                    answers.stream().map(a -> ids(a.ids())).toList(),
                    answers,
                    streams.get(i).stream().map(StringBuilder::toString).toList(),
                    running.get(i).speculation()));
        }
        return outcomes;
    }

    private static List<Integer> ids(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }

    private static SpeculationReport total(List<Outcome> outcomes) {
        SpeculationReport sum = SpeculationReport.NONE;
        for (Outcome o : outcomes) {
            SpeculationReport r = o.report;
            sum = new SpeculationReport(
                    sum.passes() + r.passes(), sum.proposed() + r.proposed(), sum.accepted() + r.accepted());
        }
        return sum;
    }

    /** A prompt of so many tokens; half of them repeat what stands before. */
    private static int[] prompt(Random random, int length) {
        int[] ids = random.ints(length, 3, 512).toArray();
        ids[0] = 2;
        int period = 1 + random.nextInt(9);
        for (int i = length / 2 + period; i < length; i++) {
            ids[i] = ids[i - period];
        }
        return ids;
    }

    private static List<GenerationRequest> requests() {
        Random random = new Random(11);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 28; i++) {
            SamplingOptions.Builder s = SamplingOptions.builder().seed(random.nextInt(1000));
            switch (i % 7) {
                case 1 -> s.temperature(1);
                case 2 -> s.temperature(0.05f).topK(2);
                case 3 -> s.repetitionPenalty(1.3f);
                case 4 -> s.temperature(0.5f).topP(0.5f).frequencyPenalty(0.4f).presencePenalty(0.3f);
                case 5 -> s.noRepeatNgram(4).suppressed(List.of(7, 9));
                case 6 -> s.temperature(1).minP(0.1f).logitBias(Map.of(40, 3f));
                default -> {}
            }
            List<String> stops = i % 4 == 3 ? List.of("e", "ab") : List.of();
            Set<Integer> stopIds = i % 5 == 4 ? Set.of(20, 21, 22, 23, 24, 25, 26, 27, 28, 29) : Set.of();
            requests.add(new GenerationRequest(
                    prompt(random, 1 + random.nextInt(70)),
                    i % 9 == 8 ? 1 : 2 + random.nextInt(90),
                    s.build(),
                    stops,
                    stopIds,
                    1 + i % 3 / 2,
                    i % 3 == 1 ? OptionalInt.of(i % 2 * 3) : OptionalInt.empty()));
        }
        return requests;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa-F32", "gemma2-F32", "gemma3-F32", "gemma3-Q4_0"})
    void lookupGivesTheTokensOfOneATimeForAnyRequestBatchAndChunk(String name) {
        List<Outcome> plain;
        try (LanguageModel model = open(name, NONE)) {
            plain = run(model, requests());
            assertThat(total(plain)).isEqualTo(SpeculationReport.NONE);
        }
        for (int tokens : new int[] {1, 8, 31}) {
            for (int batchRows : new int[] {512, 1, 5, 33}) {
                try (LanguageModel model =
                        open(name, new Speculation.Lookup(tokens), batchRows, batchRows != 33, 64L << 20)) {
                    List<Outcome> guessed = run(model, requests());
                    for (int i = 0; i < plain.size(); i++) {
                        guessed.get(i).isThatOf(plain.get(i));
                    }
                    SpeculationReport report = total(guessed);
                    assertThat(report.accepted()).isLessThanOrEqualTo(report.proposed());
                    if (batchRows > 16) {
                        assertThat(report.accepted()).isBetween(1L, report.proposed() - 1);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "gemma1-mqa-F32, gemma1-mha-F32",
        "gemma2-F32, gemma2-F32",
        "gemma3-F32, gemma3-Q4_0",
        "gemma3-Q8_0, gemma2-F32"
    })
    void aDraftModelGivesTheTokensOfOneATimeForAnyRequestBatchAndChunk(String name, String draftName) {
        List<Outcome> plain;
        try (LanguageModel model = open(name, NONE)) {
            plain = run(model, requests());
        }
        for (int batchRows : new int[] {512, 1, 5, 33}) {
            try (LanguageModel draft = open(draftName, NONE);
                    LanguageModel model = open(
                            name,
                            new Speculation.Draft(draft, batchRows == 5 ? 3 : 8),
                            batchRows,
                            batchRows != 33,
                            64L << 20)) {
                for (int round = 0; round < 2; round++) { // the second finds cached beginnings
                    List<Outcome> guessed = run(model, requests());
                    for (int i = 0; i < plain.size(); i++) {
                        guessed.get(i).isThatOf(plain.get(i));
                    }
                    if (batchRows > 16) {
                        assertThat(total(guessed).proposed()).isPositive();
                    }
                }
            }
        }
    }

    @Test
    void aloneATwinIsAlwaysRightSoThatAPassGivesManyTokens() {
        for (String name : new String[] {"gemma1-mha-F32", "gemma2-F32", "gemma3-F32"}) {
            try (LanguageModel twin = open(name, NONE);
                    LanguageModel model = open(name, new Speculation.Draft(twin, 8))) {
                SamplingOptions sampled =
                        SamplingOptions.builder().temperature(1).seed(5).build();
                for (SamplingOptions sampling : List.of(SamplingOptions.GREEDY, sampled)) {
                    GenerationRequest request = new GenerationRequest(
                            prompt(new Random(2), 50), 150, sampling, List.of(), Set.of(), 1, OptionalInt.empty());
                    SpeculationReport report = run(model, List.of(request)).getFirst().report;
                    assertThat(report.accepted()).isEqualTo(report.proposed());
                    assertThat(report.passes()).isLessThan(150 / 8 + 5);
                    assertThat(report.passes() + report.accepted()).isEqualTo(150);
                }
            }
        }
    }

    @Test
    void manySequencesShareTheRowsThatGuessesMayTake() {
        Random random = new Random(3);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            requests.add(GenerationRequest.greedy(prompt(random, 20 + i), 60, Set.of()));
        }
        List<Outcome> plain;
        try (LanguageModel model = open("gemma3-F32", NONE)) {
            plain = run(model, requests);
        }
        try (LanguageModel draft = open("gemma3-Q4_0", NONE);
                LanguageModel model = open("gemma3-F32", new Speculation.Draft(draft, 8))) {
            List<Outcome> guessed = run(model, requests);
            for (int i = 0; i < plain.size(); i++) {
                guessed.get(i).isThatOf(plain.get(i));
            }
        }
    }

    @Test
    void tokensStayRightWhenMemoryOfModelAndDraftIsShort() {
        Random random = new Random(4);
        int[] common = prompt(random, 90);
        List<GenerationRequest> requests = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            int[] prompt = Arrays.copyOf(common, 40 + random.nextInt(50));
            prompt[prompt.length - 1] = 3 + random.nextInt(500);
            requests.add(GenerationRequest.greedy(prompt, 80, Set.of()));
        }
        List<Outcome> plain;
        try (LanguageModel model = open("gemma3-F32", NONE)) {
            plain = run(model, requests);
        }
        for (long kvBytes : new long[] {300L << 10, 700L << 10}) {
            try (LanguageModel draft = open("gemma3-Q4_0", NONE, 512, true, kvBytes);
                    LanguageModel model =
                            open("gemma3-F32", new Speculation.Draft(draft, 8), 16, true, 3 * kvBytes / 2)) {
                for (int round = 0; round < 3; round++) { // a lost block would be missed sooner or later
                    List<Outcome> guessed = run(model, requests);
                    for (int i = 0; i < plain.size(); i++) {
                        guessed.get(i).isThatOf(plain.get(i));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tokensFollowTheDistributionOfTheModel(boolean lookup) {
        int[] prompt = {2, 40, 41, 42, 40, 41, 42, 40, 41};
        int n = 4000;
        float temperature = lookup ? 1 : 0.4f;
        int topK = 4;
        try (LanguageModel draft = open("gemma3-Q4_0", NONE);
                LanguageModel plain = open("gemma3-F32", NONE);
                LanguageModel model = open(
                        "gemma3-F32",
                        lookup ? new Speculation.Lookup(4) : new Speculation.Draft(draft, 4),
                        512,
                        true,
                        64L << 20,
                        5)) { // so few that each may guess
            List<GenerationRequest> requests = new ArrayList<>();
            for (int seed = 0; seed < n; seed++) {
                SamplingOptions sampling = SamplingOptions.builder()
                        .temperature(temperature)
                        .topK(topK)
                        .seed(seed)
                        .logitBias(lookup ? Map.of(40, 3f, 41, 3f, 42, 3f) : Map.of()) // so that lookup has a chance
                        .build();
                requests.add(new GenerationRequest(prompt, 4, sampling, List.of(), Set.of(), 1, OptionalInt.empty()));
            }
            Map<List<Integer>, Integer> seen = new HashMap<>();
            List<Outcome> outcomes = run(model, requests);
            outcomes.forEach(o -> seen.merge(o.ids.getFirst().subList(0, 3), 1, Integer::sum));
            SpeculationReport report = total(outcomes);
            assertThat(report.accepted()).as("%s", report).isGreaterThan(200);
            assertThat(report.proposed()).as("%s", report).isGreaterThan(report.accepted() + 200);

            Map<List<Integer>, Double> expected = new HashMap<>();
            expand(plain, prompt, List.of(), 1, requests.getFirst().sampling(), expected);
            assertThat(seen.keySet()).isSubsetOf(expected.keySet());
            double chiSquare = 0;
            int cells = 0;
            double restExpected = 0;
            double restSeen = 0;
            for (var cell : expected.entrySet()) {
                double want = n * cell.getValue();
                double got = seen.getOrDefault(cell.getKey(), 0);
                if (want < 5) { // too rare to be a cell of its own
                    restExpected += want;
                    restSeen += got;
                } else {
                    chiSquare += (got - want) * (got - want) / want;
                    cells++;
                }
            }
            chiSquare += restExpected < 5 ? 0 : (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
            assertThat(cells).isGreaterThan(10);
            assertThat(chiSquare).isLessThan(cells + 4 * Math.sqrt(2.0 * cells)); // mean + 4 standard deviations
        }
    }

    /** Probabilities of all continuations of three tokens, from the scores of a model that does not guess. */
    private static void expand(
            LanguageModel model,
            int[] prompt,
            List<Integer> tokens,
            double probability,
            SamplingOptions sampling,
            Map<List<Integer>, Double> into) {
        if (tokens.size() == 3) {
            into.put(tokens, probability);
            return;
        }
        int[] ids = Arrays.copyOf(prompt, prompt.length + tokens.size());
        for (int i = 0; i < tokens.size(); i++) {
            ids[prompt.length + i] = tokens.get(i);
        }
        GenerationRequest request =
                new GenerationRequest(ids, 1, SamplingOptions.GREEDY, List.of(), Set.of(), 1, OptionalInt.of(512));
        List<TokenLogprob.Alternative> all = model.generate(request, _ -> {})
                .await()
                .getFirst()
                .logprobs()
                .getFirst()
                .top();
        Map<Integer, Double> scores = new HashMap<>();
        all.forEach(a -> scores.put(
                a.id(), (a.logit() + (double) sampling.logitBias().getOrDefault(a.id(), 0f)) / sampling.temperature()));
        List<Integer> best = scores.keySet().stream()
                .sorted((a, b) -> Double.compare(scores.getOrDefault(b, 0.0), scores.getOrDefault(a, 0.0)))
                .limit(sampling.topK())
                .toList();
        double max = scores.getOrDefault(best.getFirst(), 0.0);
        double mass = best.stream()
                .mapToDouble(id -> Math.exp(scores.getOrDefault(id, 0.0) - max))
                .sum();
        for (int id : best) {
            List<Integer> longer = new ArrayList<>(tokens);
            longer.add(id);
            double p = Math.exp(scores.getOrDefault(id, 0.0) - max) / mass;
            expand(model, prompt, List.copyOf(longer), probability * p, sampling, into);
        }
    }

    @Test
    void cancellingAmidAcceptedGuessesEndsAtOnceAndLeavesTheOthersAlone() throws InterruptedException {
        try (LanguageModel twin = open("gemma3-F32", NONE);
                LanguageModel model = open("gemma3-F32", new Speculation.Draft(twin, 8))) {
            GenerationRequest request = GenerationRequest.greedy(prompt(new Random(5), 30), 200, Set.of());
            Outcome whole = run(model, List.of(request)).getFirst();
            for (int after : new int[] {1, 7, 8, 9, 10, 11, 60}) {
                List<Integer> seen = new ArrayList<>();
                Generation[] handle = new Generation[1];
                CountDownLatch ready = new CountDownLatch(1);
                handle[0] = model.generate(request, token -> {
                    seen.add(token.id());
                    if (seen.size() == after) {
                        try {
                            ready.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        handle[0].cancel();
                    }
                });
                Generation other = model.generate(request, _ -> {});
                ready.countDown();
                Completion cut = handle[0].await().getFirst();
                assertThat(cut.finishReason()).isEqualTo(FinishReason.CANCELLED);
                assertThat(ids(cut.ids()))
                        .isEqualTo(seen)
                        .isEqualTo(whole.ids.getFirst().subList(0, after));
                assertThat(ids(other.await().getFirst().ids())).isEqualTo(whole.ids.getFirst());
            }
        }
    }

    @Test
    void aListenerThatThrowsAmidGuessesFailsItsOwnRequestOnly() {
        try (LanguageModel twin = open("gemma3-F32", NONE);
                LanguageModel model = open("gemma3-F32", new Speculation.Draft(twin, 8))) {
            GenerationRequest request = new GenerationRequest(
                    prompt(new Random(6), 30),
                    60,
                    SamplingOptions.builder().temperature(1).build(),
                    List.of(),
                    Set.of(),
                    2,
                    OptionalInt.empty());
            int[] calls = new int[1];
            Generation bad = model.generate(request, _ -> {
                if (++calls[0] == 21) {
                    throw new IllegalStateException("listener");
                }
            });
            Generation good = model.generate(request, _ -> {});
            assertThatThrownBy(bad::await).hasMessageContaining("listener");
            assertThat(good.await()).allSatisfy(a -> assertThat(a.ids()).hasSize(60));
            assertThat(calls[0]).isEqualTo(21);
        }
    }

    @Test
    void aDraftModelWithOtherPiecesIsRefusedByTheFirstThatDiffers(@TempDir Path folder) throws IOException {
        byte[] file = Files.readAllBytes(path("gemma3-F32"));
        String bytes = new String(file, StandardCharsets.ISO_8859_1);
        String piece;
        int id = 300;
        try (LanguageModel model = open("gemma3-F32", NONE)) {
            do { // a piece that stands in the file once, with its length before it
                id++;
                piece = model.tokenizer().piece(id).replace(' ', '\u2581');
                piece = sized(piece);
            } while (piece.length() < 11
                    || bytes.indexOf(piece) < 0
                    || bytes.indexOf(piece) != bytes.lastIndexOf(piece));
        }
        file[bytes.indexOf(piece) + piece.length() - 1] = '~';
        Path other = Files.write(folder.resolve("other.gguf"), file);
        try (LanguageModel draft = LanguageModel.open(other)) {
            String named = "token " + id + " is";
            assertThatThrownBy(() -> open("gemma3-F32", new Speculation.Draft(draft, 4)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("another vocabulary")
                    .hasMessageContaining(named);
        }
    }

    /** A string as GGUF writes it, a byte a character. */
    private static String sized(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return (char) utf8.length + "\0\0\0\0\0\0\0" + new String(utf8, StandardCharsets.ISO_8859_1);
    }

    @Test
    void aGuessOfImpossibleLengthIsRefused() {
        try (LanguageModel plain = open("gemma3-F32", NONE)) {
            assertThatThrownBy(() -> new Speculation.Draft(plain, 0)).hasMessageContaining("1 to 31");
            assertThatThrownBy(() -> new Speculation.Lookup(32)).hasMessageContaining("not 32");
        }
    }
}
