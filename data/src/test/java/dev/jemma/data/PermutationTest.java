package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 16, 17, 255, 1000, 65_537})
    void everyPlaceIsTakenOnce(int size) {
        for (int epoch = 0; epoch < 3; epoch++) {
            Permutation order = new Permutation(size, 42, epoch);
            BitSet taken = new BitSet();
            for (int i = 0; i < size; i++) {
                taken.set((int) order.at(i));
            }
            assertThat(taken.cardinality()).isEqualTo(size);
            assertThat(taken.length()).isEqualTo(size);
        }
    }

    @Test
    void epochsAndSeedsGiveOtherOrders() {
        long[] first = order(1, 0);
        assertThat(order(1, 0)).isEqualTo(first);
        assertThat(order(1, 1)).isNotEqualTo(first);
        assertThat(order(2, 0)).isNotEqualTo(first);
    }

    private static long[] order(long seed, long epoch) {
        Permutation order = new Permutation(100, seed, epoch);
        return LongStream.range(0, 100).map(order::at).toArray();
    }

    @Test
    void neighboursDoNotStayTogether() {
        int size = 10_000;
        Permutation order = new Permutation(size, 7, 0);
        double distance = 0;
        for (int i = 1; i < size; i++) {
            distance += Math.abs(order.at(i) - order.at(i - 1));
        }
        // a random order has a mean distance of a third of the size
        assertThat(distance / (size - 1)).isBetween(0.32 * size, 0.345 * size);
    }

    @Test
    void hugeRangesNeedNoMemory() {
        Permutation order = new Permutation(1L << 60, 3, 1);
        assertThat(LongStream.range(0, 1000).map(order::at).distinct().count()).isEqualTo(1000);
        assertThatThrownBy(() -> order.at(1L << 60)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
