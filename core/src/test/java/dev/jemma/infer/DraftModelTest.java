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
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DraftModelTest {
    private static final Tokenizer TOKENIZER =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    private static DraftModel draft(ModelRig rig, int vocabularySize, int batchRows, int context) {
        EngineOptions limits = new EngineOptions(context, 64L << 20, batchRows, 16, false);
        return new DraftModel(
                rig.gemma, vocabularySize, rig.kernels, rig.workers, Precision.EXACT, limits, batchRows, 4);
    }

    /** A sequence of the engine's, with a cache of its own that stays empty. */
    private static Sequence sequence(ModelRig rig, KvCache cache, int[] prompt, SamplingOptions sampling) {
        GenerationRequest request = new GenerationRequest(
                prompt, 240 - prompt.length, sampling, List.of(), Set.of(), 1, OptionalInt.empty());
        GenerationJob job = new GenerationJob(request, 512, () -> TOKENIZER.streamDecoder(SpecialText.SHOW), _ -> {});
        return new Sequence(job, 0, new TokenHistory(prompt), cache, new PrefixCache(cache, false));
    }

    private static int[] propose(DraftModel draft, Sequence sequence) {
        return draft.propose(List.of(sequence), new int[] {4}).getFirst();
    }

    @ParameterizedTest
    @CsvSource({"gemma1-mqa, 0", "gemma2, 0", "gemma3, 0", "gemma3, 1"})
    void afterAnyMixOfRightAndWrongGuessesItGuessesAsOneThatSeesTheTextForTheFirstTime(String name, float temperature) {
        Random random = new Random(8);
        int[] prompt = random.ints(40, 3, 512).toArray();
        try (ModelRig rig = ModelRig.load(Golden.path("models/" + name));
                KvCache cache = new KvCache(rig.gemma.config(), KvType.F32, 1L << 20);
                DraftModel old = draft(rig, 512, 64, 256);
                DraftModel fresh = draft(rig, 512, 256, 256)) {
            SamplingOptions sampling = SamplingOptions.builder()
                    .temperature(temperature)
                    .frequencyPenalty(0.2f)
                    .seed(3)
                    .build();
            Sequence sequence = sequence(rig, cache, prompt, sampling);
            while (sequence.tokens.size() < 225) {
                int[] guess = propose(old, sequence);
                assertThat(guess).hasSize(4).isEqualTo(propose(fresh, sequence));
                fresh.forget(sequence);
                int right = random.nextInt(5);
                for (int i = 0; i < right; i++) {
                    sequence.tokens.add(guess[i]);
                }
                int own = right < 4 && random.nextBoolean() ? guess[right] : 3 + random.nextInt(500);
                sequence.tokens.add(own); // the guess may also have been cut short where it was still right
                for (int unasked = random.nextInt(6) - 2; unasked > 0; unasked--) { // it rests
                    sequence.tokens.add(3 + random.nextInt(500));
                }
            }
        }
    }

    @Test
    void aLongPromptIsReadChunkByChunkBeforeTheFirstGuess() {
        int[] prompt = new Random(9).ints(100, 3, 512).toArray();
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                KvCache cache = new KvCache(rig.gemma.config(), KvType.F32, 1L << 20);
                DraftModel small = draft(rig, 512, 16, 256);
                DraftModel large = draft(rig, 512, 512, 256)) {
            Sequence sequence = sequence(rig, cache, prompt, SamplingOptions.GREEDY);
            for (int i = 0; i < 6; i++) {
                assertThat(propose(small, sequence)).isEmpty();
            }
            assertThat(propose(small, sequence))
                    .isEqualTo(propose(large, sequence))
                    .hasSize(4);
        }
    }

    @Test
    void nothingIsGuessedBeyondTheContextOrAfterTokensThatTheDraftModelDoesNotHave() {
        int[] prompt = {2, 5, 6, 7};
        try (ModelRig rig = ModelRig.load(Golden.path("models/gemma3"));
                KvCache cache = new KvCache(rig.gemma.config(), KvType.F32, 1L << 20);
                DraftModel shortOne = draft(rig, 512, 64, 239);
                DraftModel draft = draft(rig, 300, 64, 240)) {
            Sequence sequence = sequence(rig, cache, prompt, SamplingOptions.GREEDY);
            assertThat(propose(shortOne, sequence)).isEmpty();
            for (int round = 0;
                    round < 10;
                    round++) { // ids that the target's tokenizer does not know are never guessed
                int[] guess = propose(draft, sequence);
                assertThat(guess).hasSize(4);
                assertThat(Arrays.stream(guess).max().orElse(0)).isLessThan(300);
                sequence.tokens.add(guess[0]);
            }
            sequence.tokens.add(512);
            assertThat(propose(draft, sequence)).isEmpty();
            sequence.tokens.add(5);
            assertThat(propose(draft, sequence)).isEmpty();
        }
    }
}
