package dev.jemma.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PairedTest {
    @Test
    void theDifferenceIsThatOfPairsAndItsErrorToo() {
        Paired.Difference difference = Paired.difference(new double[] {0, 1, 1, 0}, new double[] {1, 1, 1, 0});
        assertThat(difference.value()).isEqualTo(0.25);
        assertThat(difference.error()).isCloseTo(0.25, within(1e-12)); // differences 1, 0, 0, 0: deviation 0.5, over √4
        assertThat(difference.low()).isCloseTo(0.25 - 1.96 * 0.25, within(1e-4));
        assertThat(difference.high()).isCloseTo(0.25 + 1.96 * 0.25, within(1e-4));
        assertThat(Paired.difference(new double[] {1}, new double[] {0}).error())
                .isNaN();
    }

    @Test
    void mcNemarIsTheTwoSidedBinomialTest() {
        assertThat(Paired.mcNemar(0, 0)).isEqualTo(1);
        assertThat(Paired.mcNemar(3, 3)).isEqualTo(1);
        assertThat(Paired.mcNemar(0, 5)).isCloseTo(2.0 / 32, within(1e-12));
        assertThat(Paired.mcNemar(1, 5)).isCloseTo(2 * 7.0 / 64, within(1e-12));
        assertThat(Paired.mcNemar(2, 10)).isCloseTo(2 * 79.0 / 4096, within(1e-12));
        assertThat(Paired.mcNemar(10, 2)).isEqualTo(Paired.mcNemar(2, 10));
    }

    @Test
    void differencesAndTestsAreThoseOfScipy() {
        // scipy.stats.binomtest(a, a + b, 0.5); numpy's std(ddof=1) / sqrt(7)
        assertThat(Paired.mcNemar(0, 1)).isEqualTo(1);
        assertThat(Paired.mcNemar(7, 19)).isCloseTo(0.028959274291992188, within(1e-12));
        assertThat(Paired.mcNemar(123, 160)).isCloseTo(0.032173793258628645, within(1e-12));
        assertThat(Paired.mcNemar(4900, 5100)).isCloseTo(0.04658552770494645, within(1e-9));
        Paired.Difference difference =
                Paired.difference(new double[] {0.25, 1, 0, 0.5, 1, 1, 0}, new double[] {1, 1, 0.125, 0, 1, 0.5, 1});
        assertThat(difference.value()).isEqualTo(0.125);
        assertThat(difference.error()).isCloseTo(0.21650635094610965, within(1e-15));
    }

    @Test
    void manyPairsNeitherOverflowNorVanish() {
        // near the normal law: 4,900 against 5,100 is two deviations
        assertThat(Paired.mcNemar(4900, 5100)).isCloseTo(0.0465, within(0.001));
        assertThat(Paired.mcNemar(0, 100_000)).isZero();
        assertThat(Paired.mcNemar(50_000, 50_000)).isEqualTo(1);
    }
}
