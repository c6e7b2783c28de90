package dev.jemma.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergeTableTest {
    private static final int PAIRS = 20_000;

    /** Pairs that merge, pairs that nearly do, and pairs of characters, lonely and unknown ones among them. */
    private static int[] symbols(MergeTable table, Vocabulary vocabulary, Random random) {
        String piece = "";
        while (piece.codePointCount(0, piece.length()) < 2) {
            piece = vocabulary.piece(random.nextInt(vocabulary.size())).replace(Vocabulary.SPACE_SYMBOL, ' ');
        }
        int cut = piece.offsetByCodePoints(0, 1 + random.nextInt(piece.codePointCount(0, piece.length()) - 1));
        int left = symbol(table, vocabulary, piece.substring(0, cut));
        int right = symbol(table, vocabulary, piece.substring(cut));
        return switch (random.nextInt(4)) {
            case 0 -> new int[] {left, table.symbol(random.nextInt(0x1000))};
            case 1 -> new int[] {random.nextInt(vocabulary.size()), right};
            default -> new int[] {left, right};
        };
    }

    /** The piece of a text, or its first character if it is none. */
    private static int symbol(MergeTable table, Vocabulary vocabulary, String text) {
        int character = table.symbol(text.codePointAt(0));
        return text.codePointCount(0, text.length()) == 1
                ? character
                : vocabulary.find(text).orElse(character);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gemma model", "gemma3 gguf"})
    void mergesAreTheSameWithTheTableAndBeforeItIsMade(String name) {
        Tokenizer tokenizer = Vocabularies.tokenizer(name);
        Vocabulary vocabulary = tokenizer.vocabulary();
        MergeTable searching = new MergeTable(vocabulary, tokenizer.special());
        MergeTable made = new MergeTable(vocabulary, tokenizer.special());
        made.makeTable();
        Random random = new Random(1);
        int merges = 0;
        for (int i = 0; i < PAIRS; i++) {
            int[] pair = symbols(searching, vocabulary, random);
            long found = searching.find(pair[0], pair[1]);
            assertThat(found).isEqualTo(made.find(pair[0], pair[1]));
            merges += found == MergeTable.NONE ? 0 : 1;
        }
        assertThat(merges).isBetween(PAIRS / 10, PAIRS - PAIRS / 10);
    }
}
