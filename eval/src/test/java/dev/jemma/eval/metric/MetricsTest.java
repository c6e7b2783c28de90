package dev.jemma.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Test;

class MetricsTest {
    @Test
    void theErrorOfAMeanIsTheSamplesDeviationOverTheRoot() {
        double[] values = {1, 0, 0, 1, 1};
        assertThat(Statistics.mean(values)).isEqualTo(0.6);
        assertThat(Statistics.meanError(values)).isEqualTo(Math.sqrt(0.3 / 5), within(1e-15));
        assertThat(Statistics.meanError(new double[] {1})).isNaN();
    }

    @Test
    void theBootstrapFindsTheErrorOfAMean() {
        double[][] rows = new double[400][];
        double[] plain = new double[400];
        for (int i = 0; i < rows.length; i++) {
            plain[i] = i % 7;
            rows[i] = new double[] {plain[i]};
        }
        double error = Statistics.bootstrapError(
                rows,
                drawn -> {
                    double sum = 0;
                    for (double[] row : drawn) {
                        sum += row[0];
                    }
                    return sum / drawn.length;
                },
                2000,
                5);
        assertThat(error).isEqualTo(Statistics.meanError(plain), within(0.01));
    }

    @Test
    void tasksOfOneSpreadPoolToTheErrorOfAllItems() {
        // two halves of the same kind: the pooled error is that of twice the items
        double half = Statistics.meanError(new double[] {1, 0, 1, 0});
        assertThat(Statistics.pooledError(new double[] {half, half}, new long[] {4, 4}))
                .isEqualTo(half / Math.sqrt(2), within(1e-15));
        assertThat(Statistics.macroError(new double[] {0.03, 0.04})).isEqualTo(0.025, within(1e-15));
    }

    @Test
    void lengthsAreCharactersNotUnitsOfUtf16() {
        List<String> choices = List.of("\uD83D\uDE81\uD83D\uDE81", "abcd");
        assertThat(Choices.perCharacter(new double[] {-4, -4}, choices)).containsExactly(-2, -1);
        assertThat(Choices.perByte(new double[] {-8, -4}, choices)).containsExactly(-1, -1);
        assertThat(Choices.best(new double[] {-2, -1, -1})).isEqualTo(1);
    }

    @Test
    void theShareOfTheTrueAnswersIsOfTheirProbability() {
        double[] sums = {Math.log(0.1), Math.log(0.2), Math.log(0.1)};
        assertThat(Choices.share(sums, List.of(0, 2))).isEqualTo(0.5, within(1e-12));
    }

    @Test
    void exactMatchForgetsPatternsThenCaseThenPunctuation() {
        ExactMatch match = new ExactMatch(List.of(Filter.python("\\b(?:The |the )")), true, true);
        assertThat(match.of("the U.S.A.", List.of("x", "The usa"))).isOne();
        assertThat(match.of("THE USA", List.of("usa")))
                .as("patterns see the case")
                .isZero();
        assertThat(ExactMatch.STRICT.of("a", List.of("A"))).isZero();
    }

    @Test
    void aPatternGivesItsFirstGroupOrSaysThatItFoundNone() {
        Filter last = Filter.regex(Filter.python("(-?[$0-9.,]{2,})|(-?[0-9]+)"), -1);
        assertThat(last.apply(List.of("7 or 12", "it is 5 ", "none"))).containsExactly("12", "5", "[invalid]");
        Filter answer = Filter.regex(Filter.python("(?<=the answer is )(.*)(?=.)"), 0);
        assertThat(answer.apply(List.of("So the answer is True.\nthe answer is False.")))
                .containsExactly("True");
        assertThat(Filter.regex(Filter.python("x(.)"), 3).apply(List.of("xa xb")))
                .containsExactly("[invalid]");
        assertThat(Filter.regex(Filter.python("a.c"), 0).apply(List.of("a\rc")))
                .as("as in Python")
                .containsExactly("a\rc");
    }

    @Test
    void theMajorityIsTheFirstAmongEquals() {
        assertThat(Filter.majority().apply(List.of("3", "4", "4", "3", "5"))).containsExactly("3");
        assertThat(Filter.majority().apply(List.of("3", "4", "4"))).containsExactly("4");
        assertThat(Filter.strip().then(Filter.takeFirst()).apply(List.of(" a\u00a0\u0085 ", "b")))
                .containsExactly("a");
    }

    @Test
    void passAtKIsTheShareOfDrawsWithAPass() {
        assertThat(PassAtK.of(5, 0, 3)).isZero();
        assertThat(PassAtK.of(5, 3, 3)).isOne();
        assertThat(PassAtK.of(5, 2, 1)).isEqualTo(0.4, within(1e-12));
        assertThat(PassAtK.of(5, 2, 2)).isEqualTo(1 - 3.0 / 10, within(1e-12));
        assertThat(PassAtK.of(200, 1, 100)).isEqualTo(0.5, within(1e-12));
        assertThatThrownBy(() -> PassAtK.of(3, 1, 4)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void wordsInCommonCountInF1() {
        assertThat(TokenF1.of("The cat, sat", List.of("dog", "a cat sat down"))).isEqualTo(0.8, within(1e-12));
        assertThat(TokenF1.of("x", List.of("y"))).isZero();
        assertThat(TokenF1.of("", List.of("the"))).isOne();
    }

    @Test
    void aPatternOfPythonMeansTheSameHere() {
        assertThat(Filter.regex(PythonPattern.of("\\\\boxed{([^[}]*)}"), 0).apply(List.of("so \\boxed{x+1}.")))
                .containsExactly("x+1");
        assertThat(Filter.regex(PythonPattern.of("(?P<the_end>[]&&a-c]{,2})\\Z"), 0)
                        .apply(List.of("xab&]\n", "xab&]")))
                .containsExactly("", "&]");
        assertThat(Filter.regex(PythonPattern.of("(?P<a_b>.)(?P=a_b)"), 0).apply(List.of("abccd")))
                .containsExactly("c");
        assertThat(Filter.regex(PythonPattern.of("x{2,}y{1}"), 0, "none").apply(List.of("xxxy", "xy")))
                .containsExactly("xxxy", "none");
        assertThatThrownBy(() -> PythonPattern.of("(a")).isInstanceOf(PatternSyntaxException.class);
    }

    @Test
    void articlesAndWordsOfF1AreThoseOfUnicode() {
        assertThat(TokenF1.of("éa théa", List.of("éa théa"))).isEqualTo(1);
        assertThat(TokenF1.of("éa théa", List.of("é th é"))).isZero();
        assertThat(TokenF1.of("the\u00a0owl\u2003sees", List.of("an owl sees"))).isEqualTo(1);
    }
}
