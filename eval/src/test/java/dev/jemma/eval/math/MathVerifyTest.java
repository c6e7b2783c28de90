package dev.jemma.eval.math;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

final class MathVerifyTest {
    private static final String SOLUTION = "Thus it is $\\boxed{7}$.";

    private static boolean same(String gold, String answer) {
        return MathVerify.matches("$" + answer + "$", "$" + gold + "$");
    }

    @Test
    void theAnswerMayStandAnywhereAndInAnyForm() {
        assertThat(MathVerify.matches("so the answer is 7.", SOLUTION)).isTrue();
        assertThat(MathVerify.matches("\\boxed{3 + 4}", SOLUTION)).isTrue();
        assertThat(MathVerify.matches("First 7, then 8", SOLUTION))
                .as("the last one counts")
                .isFalse();
        assertThat(MathVerify.matches("The answer is $7$. Is 8 an answer?", SOLUTION))
                .as("behind the word \"answer\" it counts more than elsewhere")
                .isTrue();
        assertThat(MathVerify.matches("no idea", SOLUTION)).isFalse();
        assertThat(MathVerify.matches("", SOLUTION)).isFalse();
    }

    @Test
    void setsPairsAndIntervalsAreWhatTheRightAnswerTakesThemFor() {
        assertThat(same("1, 3", "3, 1")).isTrue();
        assertThat(same("(3, 1)", "(1, 3)")).isFalse();
        assertThat(same("[0, 1)", "[0, 1]")).isFalse();
        assertThat(same("(0, 1) \\cup (1, 2)", "(1, 2) \\cup (0, 1)")).isTrue();
        assertThat(same("x < 3", "(-\\infty, 3)")).isTrue();
        assertThat(same("(-\\infty, 3)", "x < 3")).isFalse();
        assertThat(same("x = 3", "3")).isTrue();
        assertThat(same("2x = 6", "3")).isFalse();
    }

    @Test
    void sixPlacesOfADecimalCount() {
        assertThat(same("\\frac13", "0.333333")).isTrue();
        assertThat(same("\\frac13", "0.33333")).isFalse();
        assertThat(same("1", "0.9999999")).isFalse();
        assertThat(same("3", "3.0")).isTrue();
    }

    /** Each of these would be long in coming, or end in a stack that is too deep, if all were tried. */
    @Test
    void hostileTextsTakeNeitherTimeNorStack() {
        List<String> texts = List.of(
                "(".repeat(4000),
                "$" + "(".repeat(3999) + "$",
                "$" + "\\{".repeat(1900) + "$",
                "$" + "{(".repeat(1000) + "1" + ")}".repeat(1000) + "$",
                "$" + "[(".repeat(60) + "1" + ")]".repeat(60) + "$",
                "$" + "x(".repeat(1900) + "$",
                "$" + "1,".repeat(1900) + "2$",
                "$" + "\\frac{".repeat(600) + "$",
                "$" + "\\sqrt".repeat(700) + "$",
                "$9^{9^{9^{9^{9}}}}$",
                "$100000!$",
                "$\\binom{99999999}{9999999}$",
                "$" + "9".repeat(3900) + "$",
                "9".repeat(60_000),
                "1 ".repeat(30_000),
                "1 + ".repeat(15_000),
                "=".repeat(60_000),
                "answer ".repeat(8_000),
                "final answer is ".repeat(3_700),
                "final answer".repeat(5_000),
                "$ ".repeat(30_000),
                "$1$ and ".repeat(7_000),
                "$1$" + " ".repeat(50_000) + "I hope",
                "\\[".repeat(30_000),
                "\\boxed{".repeat(8_000),
                "\\boxed{1}".repeat(6_000),
                "\\boxed" + "{".repeat(50_000),
                " [".repeat(30_000),
                "-".repeat(60_000) + "1",
                "2*(" + "(".repeat(50_000),
                "1.1.1.1".repeat(8_000),
                "\\frac{1}{2}".repeat(5_000),
                "$\\text{" + "a".repeat(50_000) + "}$",
                "$" + "\\text{a}^2".repeat(5_000) + "$",
                "$1" + " ".repeat(50_000) + "x$",
                "\\boxed{" + "1} ".repeat(20_000) + "}",
                "$" + "sqrt(".repeat(10_000) + "$",
                "7".repeat(1_000_000),
                "\ud800$\udc00$\u0000");
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
            for (String text : texts) {
                assertThat(MathVerify.matches(text, SOLUTION))
                        .as(text.substring(0, Math.min(12, text.length())))
                        .isFalse();
                assertThat(MathVerify.matches(text, text)).isIn(true, false);
            }
        });
    }
}
