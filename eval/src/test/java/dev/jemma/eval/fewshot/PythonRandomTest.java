package dev.jemma.eval.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Values that CPython 3.11 prints. */
class PythonRandomTest {
    private static List<Integer> range(int n) {
        return IntStream.range(0, n).boxed().toList();
    }

    @Test
    void bitsAndFractionsAreThoseOfPython() {
        PythonRandom random = new PythonRandom(1234);
        assertThat(IntStream.range(0, 4).mapToObj(_ -> Integer.toUnsignedLong(random.nextInt())))
                .containsExactly(4150886329L, 3342196574L, 1892932127L, 501869158L);
        PythonRandom again = new PythonRandom(1234);
        assertThat(again.nextDouble()).isEqualTo(0.9664535356921388);
        assertThat(again.nextDouble()).isEqualTo(0.4407325991753527);
    }

    @Test
    void oneGeneratorGivesPythonsSamplesOneAfterAnother() {
        PythonRandom random = new PythonRandom(1234);
        assertThat(random.sample(range(1000), 5)).containsExactly(989, 796, 451, 119, 7);
        assertThat(random.sample(range(1000), 7)).containsExactly(92, 932, 965, 961, 826, 596, 35);
        assertThat(random.sample(range(20), 5)).containsExactly(2, 3, 11, 7, 0);
        assertThat(random.sample(range(7473), 5)).containsExactly(252, 6461, 129, 2835, 5311);
        assertThat(random.sample(range(30), 7)).containsExactly(19, 15, 29, 14, 4, 2, 5);
    }

    @Test
    void anotherSeedGivesOtherSamples() {
        assertThat(new PythonRandom(42).sample(range(100), 10)).containsExactly(81, 14, 3, 94, 35, 31, 28, 17, 13, 86);
    }

    @Test
    void moreThanThereIsCannotBeDrawn() {
        assertThatThrownBy(() -> new PythonRandom(1).sample(range(3), 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 from 3");
    }

    @Test
    void anItemOfThePoolIsNotItsOwnExample() {
        Draw<Integer> draw = new Draw<>(range(4), Draw.Order.DRAWN, true, 7, Integer::equals);
        for (int item = 0; item < 4; item++) {
            assertThat(draw.next(item, 3)).hasSize(3).doesNotContain(item).doesNotHaveDuplicates();
        }
    }

    @Test
    void rowsThatAreTheSameAsTheAskedOneAreNoExamplesEither() {
        Draw<Integer> draw = new Draw<>(List.of(0, 1, 1, 1, 2), Draw.Order.DRAWN, true, 7, Integer::equals);
        assertThat(draw.next(1, 2)).containsExactly(0, 2);
        assertThat(draw.next(1, 2)).containsExactly(2, 0);
        assertThat(draw.next(0, 2)).containsExactly(2, 1);
        assertThat(draw.next(2, 2)).containsExactly(1, 0);
        assertThat(draw.next(1, 2)).containsExactly(2, 0);
    }

    @Test
    void theFirstOfThePoolAreTakenInOrder() {
        Draw<Integer> draw = new Draw<>(range(9), Draw.Order.FIRST, false, 7, Integer::equals);
        assertThat(draw.next(100, 3)).containsExactly(0, 1, 2);
        assertThat(draw.next(101, 2)).containsExactly(0, 1);
        assertThatThrownBy(() -> draw.next(102, 10)).hasMessageContaining("10 examples are asked for");
    }
}
