package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MixedSourceTest {
    private static final int[] MEAN_LENGTHS = {20, 60, 140};

    /** Sets whose examples are of different lengths; tokens tell the set. */
    private static List<Examples> sets() {
        List<Examples> sets = new ArrayList<>();
        Random random = new Random(1);
        for (int set = 0; set < MEAN_LENGTHS.length; set++) {
            List<Example> list = new ArrayList<>();
            for (int i = 0; i < 50 + 400 * set; i++) {
                int[] tokens = new int[MEAN_LENGTHS[set] / 2 + random.nextInt(MEAN_LENGTHS[set])];
                java.util.Arrays.fill(tokens, 10 + set);
                list.add(Example.text(tokens));
            }
            sets.add(Examples.of(list));
        }
        return sets;
    }

    private static double[] shares(BatchSource source, int batches) {
        double[] rows = new double[MEAN_LENGTHS.length];
        double all = 0;
        for (int i = 0; i < batches; i++) {
            for (int token : source.next().tokens()) {
                rows[token - 10]++;
                all++;
            }
        }
        for (int set = 0; set < rows.length; set++) {
            rows[set] /= all;
        }
        return rows;
    }

    @Test
    void sharesOfTheRowsHoldInEveryWindow() {
        BatchSource source = BatchSource.mixed(
                sets(), List.of(Stage.always(List.of(5.0, 3.0, 2.0))), 1_000_000, Packing.of(256, 4), 11);
        for (int window = 0; window < 5; window++) {
            double[] shares = shares(source, 300);
            assertThat(shares[0]).isBetween(0.48, 0.52);
            assertThat(shares[1]).isBetween(0.28, 0.32);
            assertThat(shares[2]).isBetween(0.18, 0.22);
        }
    }

    @Test
    void stagesChangeTheSharesAtTheirPartOfTheRun() {
        int batches = 1000;
        Packing packing = Packing.of(256, 2);
        List<Stage> stages = List.of(new Stage(0.8, List.of(1.0, 1.0, 0.0)), new Stage(1, List.of(0.0, 1.0, 3.0)));
        BatchSource source = BatchSource.mixed(sets(), stages, (long) batches * packing.rows(), packing, 3);

        double[] before = shares(source, 780);
        // an example waits for as many batches as the look-ahead is long, at most
        for (int i = 780; i < 820 + packing.lookAhead(); i++) {
            source.next();
        }
        double[] after = shares(source, 100);

        assertThat(before[0]).isBetween(0.47, 0.53);
        assertThat(before[2]).isZero();
        assertThat(after[0]).isZero();
        assertThat(after[2]).isBetween(0.70, 0.80);
    }

    @Test
    void theCursorIsAllTheStateThereIs() {
        List<Examples> sets = sets();
        List<Stage> stages = List.of(new Stage(0.5, List.of(1.0, 1.0, 1.0)), new Stage(1, List.of(0.0, 1.0, 3.0)));
        Packing packing = Packing.of(200, 1);
        BatchSource undisturbed = BatchSource.mixed(sets, stages, 100_000, packing, 3);
        for (int round = 0; round < 10; round++) {
            Cursor cursor = undisturbed.cursor();
            BatchSource resumed = BatchSource.mixed(sets, stages, 100_000, packing, 3);
            resumed.seek(Cursor.fromJson(cursor.toJson()));
            for (int i = 0; i < 40; i++) {
                assertThat(resumed.next()).isEqualTo(undisturbed.next());
            }
        }
    }

    @Test
    void aSmallSetBeginsItsNextEpochWhileALargeOneIsInItsFirst() {
        List<Examples> sets = sets();
        BatchSource source =
                BatchSource.mixed(sets, List.of(Stage.always(List.of(1.0, 1.0, 1.0))), 1, Packing.of(256, 4), 1);
        shares(source, 50);
        List<Long> drawn = source.cursor().drawn();
        assertThat(drawn.get(0)).isGreaterThan(5 * sets.get(0).size());
        assertThat(drawn.get(2)).isLessThan(sets.get(2).size());
    }

    @Test
    void stagesThatMakeNoSenseAreRefused() {
        List<Examples> sets = sets();
        Packing packing = Packing.of(64, 1);
        List<List<Stage>> wrong = List.of(
                List.of(),
                List.of(new Stage(0.5, List.of(1.0, 1.0, 1.0))),
                List.of(new Stage(0.5, List.of(1.0, 1.0, 1.0)), new Stage(0.5, List.of(1.0, 1.0, 1.0))),
                List.of(Stage.always(List.of(1.0))));
        for (List<Stage> stages : wrong) {
            assertThatThrownBy(() -> BatchSource.mixed(sets, stages, 10, packing, 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Stage(1, List.of(0.0))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Stage(1, List.of(-1.0, 2.0))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Stage(0, List.of(1.0))).isInstanceOf(IllegalArgumentException.class);
    }
}
