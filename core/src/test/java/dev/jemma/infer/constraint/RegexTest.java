package dev.jemma.infer.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegexTest {
    private static final String[] ALPHABET = {
        "a", "b", "c", "x", "0", "1", "9", "-", "_", " ", "\n", "\"", "\\", "é", "€", "😀", ".", "A"
    };

    @ParameterizedTest
    @ValueSource(
            strings = {
                "abc",
                "a|b|",
                "(a|b)*c",
                "a{2,4}b?",
                "(?:ab){3}",
                "[a-c]+[^a-c]",
                "[^\\d\\s]+",
                "\\d+(\\.\\d{1,2})?",
                "\\w+-\\W*",
                ".*é.*",
                "[é€😀]{1,3}",
                "[^é]*",
                "(a*)*b",
                "(a|ab)(c|bcx)?",
                "(?<name>a)b+?",
                "(a{0,2}){1,3}c{2,}",
                "^a[b\\]-]$|^x",
                "\\x61\\u0062\\u{63}",
                "[\\\\\"]+",
                "(a?){3}a{3}",
                "\\uD83D\\uDE00|[\\uD83D\\uDE00-\\uD83D\\uDE0F]9",
                "\\p",
                "((a|b)(0|1)){2,3}"
            })
    void matchesTheSameTextsAsJava(String pattern) {
        if (pattern.equals("\\p")) {
            assertThatThrownBy(() -> Grammar.regex(pattern)).hasMessageContaining("\\p is not supported");
            return;
        }
        Grammar grammar = Grammar.regex(pattern);
        Pattern java = Pattern.compile(pattern.replace("\\u{63}", "c"));
        Random random = new Random(pattern.hashCode());
        int matches = 0;
        for (int i = 0; i < 3_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(9); n > 0; n--) {
                text.append(ALPHABET[random.nextInt(ALPHABET.length)]);
            }
            boolean want = java.matcher(text).matches();
            matches += want ? 1 : 0;
            assertThat(grammar.matches(text.toString()))
                    .as("%s of %s", text, pattern)
                    .isEqualTo(want);
            assertThat(!want || grammar.begins(text.toString())).isTrue();
        }
        for (int i = 0; i < 300; i++) { // and the other way round
            String text = RandomText.of(grammar, random, 12);
            assertThat(java.matcher(text).matches())
                    .as("%s of %s", text, pattern)
                    .isTrue();
            matches++;
        }
        assertThat(matches).isPositive();
    }

    @Test
    void everyCharacterIsOneOfUtf8() {
        Grammar any = Grammar.regex("[^a]");
        for (int c = 0; c <= Character.MAX_CODE_POINT; c += c < 0x3000 ? 1 : 37) {
            if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
                assertThat(any.matches(Character.toString(c))).as("U+%x", c).isEqualTo(c != 'a');
            }
        }
        Expressions e = any.expressions();
        assertThat(e.table(any.start())[0xC0]).isZero(); // never in UTF-8
        assertThat(e.table(e.table(any.start())[0xED])[0xA0]).isZero(); // a surrogate
        assertThat(e.table(e.table(any.start())[0xE0])[0x80]).isZero(); // longer than need be
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "(a; character 3: a ')' is missing",
                "a); character 2: a ')' without its '('",
                "(?=a)b; character 3: look-around and flags",
                "a(?i)b; character 4: look-around and flags",
                "(a)\\1; character 5: the escape \\1 is not supported",
                "a\\b; character 4: word borders are not supported",
                "a$b; character 3: an anchor inside a pattern",
                "(^a); character 2: an anchor inside a group",
                "*a; character 1: nothing to repeat",
                "a++; character 3: possessive quantifiers",
                "[a; character 3: a ']' is missing",
                "[b-a]; character 5: a range that ends before it begins",
                "a{3,2}; character 7: a repetition of at least 3 and at most 2",
                "a{x}; character 3: a number is missing",
                "a{1,99999}; more than 10000 repetitions",
                "[[:alpha:]]; character 2: a class in a class",
                "a\\; a backslash at the end",
                "\\xZZ; a hexadecimal digit is missing",
                "\\p{L}; the escape \\p is not supported",
                "[^\\d\\D]; matches no text at all"
            })
    void whatIsNotSupportedIsRefusedWithItsPlace(String pattern, String problem) {
        assertThatThrownBy(() -> Grammar.regex(pattern))
                .isInstanceOf(ConstraintException.class)
                .hasMessageContaining(problem);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a|b)*a(a|b){2000}",
                "((a{0,500}){0,500}){0,500}",
                "(((((a*)*)*)*)*)*b",
                "(.*)(.*)(.*)(.*)(.*)[^a]x",
                "(a?){5000}a{5000}",
                "(?:(?:[a-z]{1,1000}){1,1000}|[a-y]{1,900}){1,10000}"
            })
    void patternsThatExplodeStayWithinBounds(String pattern) {
        Random random = new Random(3);
        try {
            Grammar grammar = Grammar.regex(pattern);
            int state = grammar.start();
            for (int i = 0; i < 3_000 && state != 0; i++) {
                state = grammar.expressions().table(state)[random.nextBoolean() ? 'a' : 'b'];
            }
        } catch (ConstraintException tooLarge) {
            assertThat(tooLarge).hasMessageContaining("too many states");
        }
    }

    @Test
    void deepAndLongPatternsAreRefused() {
        assertThatThrownBy(() -> Grammar.regex("(".repeat(5000) + ")".repeat(5000)))
                .hasMessageContaining("groups in each other");
        assertThatThrownBy(() -> Grammar.regex("a".repeat(30_000))).hasMessageContaining("more than 20000 characters");
    }
}
