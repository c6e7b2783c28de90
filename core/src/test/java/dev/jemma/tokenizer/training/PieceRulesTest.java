package dev.jemma.tokenizer.training;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PieceRulesTest {
    private static PieceRules rules(boolean splitDigits, boolean splitByNumber, boolean splitByScript) {
        return new PieceRules(new TrainerSettings(
                1000, PieceLayout.plain(), 1, "", 6, splitDigits, splitByNumber, splitByScript, 1 << 20));
    }

    private static final PieceRules USUAL = rules(true, true, true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "word",
                "\u2581word",
                "\u2581",
                "\u2581\u2581\u2581", // nothing but spaces
                "e\u0301t", // a combining mark takes the script before it
                "\u2581\u0301a",
                "\u3042\u30A2\u6F22\u30FC", // hiragana, katakana, Han, long vowel: all one
                "7",
                "...",
                "\uD835\uDC00\uD835\uDC01"
            })
    void theseMayBePieces(String piece) {
        assertThat(USUAL.allow(piece)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wordier", // seven characters
                "a\u2581",
                "\u2581\u2581a", // a space is the first of a piece, or there is nothing else
                "aб",
                "a.", // punctuation is a script of its own
                "a1",
                "12",
                "\uFF11\uFF12",
                "\u25817" // a digit alone, even without a space
            })
    void theseMayNot(String piece) {
        assertThat(USUAL.allow(piece)).isFalse();
    }

    @Test
    void eachRuleCanBeLifted() {
        assertThat(rules(false, true, true).allow("12")).isTrue();
        assertThat(rules(false, true, true).allow("a1")).isFalse();
        assertThat(rules(false, false, true).allow("a1b")).isTrue();
        assertThat(rules(false, false, true).allow("a.")).isFalse();
        assertThat(rules(true, true, false).allow("a.б")).isTrue();
    }
}
