package dev.jemma.tokenizer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MergeLearnerTest {
    private static final TrainerSettings SETTINGS = TrainerSettings.of(10_000, PieceLayout.plain());

    @Test
    void learnsWhatTheNaiveTwinLearnsFromRandomWordsOfFewLetters() {
        // two letters make runs that overlap and pieces that come about in two ways; U+E000 and U+1D400 sort in the
        // other order as UTF-16
        String[] letters = {"a", "b", "aab", "\u2581", "\uE000", Character.toString(0x1D400), "1"};
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            int kinds = 1 + random.nextInt(letters.length);
            Map<String, Integer> words = new TreeMap<>();
            for (int n = 1 + random.nextInt(20); n > 0; n--) {
                StringBuilder word = new StringBuilder();
                for (int length = 1 + random.nextInt(24); length > 0; length--) {
                    word.append(letters[random.nextInt(kinds)]);
                }
                words.merge(word.toString(), 1 + random.nextInt(3), Integer::sum);
            }

            List<String> learned = learner(words).learn(60, TrainingProgress.NONE);

            assertThat(learned)
                    .as("seed %d: %s", seed, words)
                    .isEqualTo(NaiveTrainer.learn(words, 60, new PieceRules(SETTINGS)));
        }
    }

    private static MergeLearner learner(Map<String, Integer> words) {
        WordTable table = new WordTable();
        words.forEach((word, count) -> table.add(word.toCharArray(), 0, word.length(), count));
        WordCounter.Counts counts = new WordCounter.Counts(table, 0, 1, 0, table.characters());
        TrainerSettings all = new TrainerSettings(
                10_000, PieceLayout.plain(), 1, "", SETTINGS.maxPieceLength(), true, true, true, 1 << 20);
        return new MergeLearner(counts, Alphabet.of(counts, all), new PieceRules(SETTINGS));
    }

    @Test
    void aRunIsMergedFromItsLeft() {
        assertThat(learner(Map.of("aaaaa", 1)).learn(2, TrainingProgress.NONE)).containsExactly("aa", "aaa");
    }

    @Test
    void aTextWithoutPairsTeachesNothing() {
        assertThat(learner(Map.of("a", 5, "1", 2)).learn(10, TrainingProgress.NONE))
                .isEmpty();
    }
}
