package dev.jemma.eval.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.eval.EvalException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MathAnswerTest {
    private static final String INTRO = "So it is.\nFinal Answer: The final answer is ";

    @Test
    void valuesCountAndNotTheirForm() {
        assertThat(MathAnswer.equal("\\frac{1}{2}", "0.5")).isTrue();
        assertThat(MathAnswer.equal("(x+1)^2", "x^2+2x+1")).isTrue();
        assertThat(MathAnswer.equal("\\sqrt{8}", "2\\sqrt{2}")).isTrue();
        assertThat(MathAnswer.equal("\\frac{1}{\\sqrt{2}}", "\\frac{\\sqrt{2}}{2}"))
                .isTrue();
        assertThat(MathAnswer.equal("x^2+2x+1", "x^2+2x+2")).isFalse();
        assertThat(MathAnswer.equal("\\sqrt{x^2}", "x")).isFalse();
        assertThat(MathAnswer.equal("0.333", "\\frac{1}{3}")).isFalse();
    }

    @Test
    void largeIntegersAreExact() {
        assertThat(MathAnswer.equal("2^{200}", "2^{100}\\cdot2^{100}")).isTrue();
        assertThat(MathAnswer.equal("100000000000000000000000001", "100000000000000000000000002"))
                .isFalse();
        assertThat(MathAnswer.equal("\\binom{40}{20}", "137846528820")).isTrue();
        assertThat(MathAnswer.equal("20!", "2432902008176640000")).isTrue();
    }

    @Test
    void equalTextsThatAreNoExpressionsAreNotEqual() {
        assertThat(MathAnswer.equal("(3,4]", "(3,4]")).isFalse();
        assertThat(MathAnswer.equal("x=5", "x=5")).isFalse();
        assertThat(MathAnswer.equal("\\infty", "\\infty")).isFalse();
        assertThat(MathAnswer.equal("7:00", "7:00")).isFalse();
    }

    @Test
    void hostileTextsTakeNeitherTimeNorStack() {
        for (String text : List.of(
                "(".repeat(3000),
                "x(".repeat(1500),
                "\\sin(".repeat(700),
                "{".repeat(500) + "1" + "}".repeat(500),
                "9^{9^{9^{9^{9}}}}",
                "9".repeat(3900),
                "9".repeat(1_000_000),
                "((9^{9999})^{9999})^{9999}",
                "100000!",
                "\\binom{99999999}{9999999}",
                "-".repeat(3999) + "1",
                "1/".repeat(1900) + "1",
                "|".repeat(3000),
                "1^".repeat(1900) + "2")) {
            assertThat(MathAnswer.equal(text, "7"))
                    .as(text.substring(0, Math.min(9, text.length())))
                    .isFalse();
        }
        assertThat(MathAnswer.equal("100000!", "100000!")).isTrue();
    }

    @Test
    void theAnswerStandsBetweenTwoSentences() {
        assertThat(MinervaMath.extract(INTRO + "$\\frac{1}{2}$. I hope it is correct."))
                .isEqualTo("$\\frac{1}{2}$");
        assertThat(MinervaMath.extract("The answer is 5.")).isEqualTo(MinervaMath.INVALID);
        assertThat(MinervaMath.matches(INTRO + "$0.5$. I hope it is correct.", "Thus $\\boxed{\\frac12}$."))
                .isTrue();
        assertThat(MinervaMath.matches("5", "Thus $\\boxed{5}$.")).isFalse();
        assertThat(MinervaMath.matches(INTRO + "$(3, 4]$. I hope it is correct.", "Thus $\\boxed{(3,4]}$."))
                .as("the same text, though it is no expression")
                .isTrue();
        assertThat(MinervaMath.matches(INTRO + ". I hope it is correct.", "Thus $\\boxed{}$."))
                .isFalse();
        assertThatThrownBy(() -> MinervaMath.gold("no box here"))
                .isInstanceOf(EvalException.class)
                .hasMessageContaining("has no \\boxed answer");
    }

    @Test
    void hendrycksComparesTexts() {
        assertThat(HendrycksMath.extract("It is $x=5$, hence $7$.")).isEqualTo("x=5$, hence $7");
        assertThat(HendrycksMath.extract("It is 5")).isEqualTo("It is 5");
        assertThat(HendrycksMath.matches("$\\dfrac12$", "so $\\boxed{\\frac{1}{2}}$"))
                .isTrue();
        assertThat(HendrycksMath.matches("$0.50$", "so $\\boxed{\\frac{1}{2}}$"))
                .isFalse();
        assertThat(HendrycksMath.equal("\\frac", "\\frac")).isTrue();
    }
}
