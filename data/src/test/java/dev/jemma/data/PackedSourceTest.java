package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.data.PackedBatch.Document;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedSourceTest {
    private static final int BOS = 2;

    /** A chat whose tokens tell which example and which place they are; the second half is trained. */
    private static Example chat(int number, int length) {
        int[] tokens = new int[length];
        boolean[] trained = new boolean[length];
        tokens[0] = BOS;
        for (int i = 1; i < length; i++) {
            tokens[i] = 1000 * (number + 1) + i;
            trained[i] = i >= length / 2 && i > 1;
        }
        return new Example(tokens, trained);
    }

    private static Example text(int number, int length) {
        return Example.text(chat(number, length).tokens());
    }

    private static List<Example> chats(int count, int longest, long seed) {
        Random random = new Random(seed);
        List<Example> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(chat(i, 4 + random.nextInt(longest - 3)));
        }
        return list;
    }

    private static List<PackedBatch> all(BatchSource source) {
        List<PackedBatch> batches = new ArrayList<>();
        while (source.hasNext()) {
            batches.add(source.next());
        }
        return batches;
    }

    /** How often each token of the examples is a target, or is a row that is not counted. */
    private static Map<Integer, Integer> targets(List<PackedBatch> batches) {
        Map<Integer, Integer> counts = new HashMap<>();
        for (PackedBatch batch : batches) {
            for (int target : batch.targets()) {
                counts.merge(target, 1, Integer::sum);
            }
        }
        return counts;
    }

    @Test
    void aTargetStandsAtTheRowThatPredictsIt() {
        Example one = new Example(new int[] {BOS, 11, 12, 13}, new boolean[] {false, false, true, true});
        Example two = new Example(new int[] {BOS, 21, 22}, new boolean[] {false, true, false});

        PackedBatch batch = BatchSource.once(Examples.of(List.of(one, two)), Packing.of(8, 1))
                .next();

        assertThat(batch.tokens()).containsExactly(BOS, 11, 12, BOS, 21);
        assertThat(batch.targets()).containsExactly(-1, 12, 13, 21, -1);
        assertThat(batch.documents()).containsExactly(new Document(0, 3), new Document(3, 2));
        assertThat(batch.rows()).isEqualTo(5);
        assertThat(batch.trainedTokens()).isEqualTo(3);
    }

    @Test
    void everyTrainedTokenIsATargetOnceInEachEpoch() {
        List<Example> examples = chats(300, 40, 1);
        List<PackedBatch> batches = all(BatchSource.shuffled(Examples.of(examples), Packing.of(64, 2), 5, 3));

        Map<Integer, Integer> counts = targets(batches);
        for (Example example : examples) {
            for (int i = 0; i < example.length(); i++) {
                assertThat(counts.getOrDefault(example.tokens()[i], 0)).isEqualTo(example.trained()[i] ? 3 : 0);
            }
        }
        long rows = batches.stream().mapToLong(PackedBatch::rows).sum();
        assertThat(rows)
                .isEqualTo(3L * examples.stream().mapToInt(Example::rows).sum());
    }

    @Test
    void batchesOfShortChatsAreNearlyFull() {
        List<PackedBatch> batches =
                all(BatchSource.shuffled(Examples.of(chats(2000, 60, 2)), Packing.of(256, 2), 5, 1));
        long rows = batches.stream().mapToLong(PackedBatch::rows).sum();
        assertThat(rows / (512.0 * batches.size())).isGreaterThan(0.99);
        assertThat(batches).allSatisfy(batch -> assertThat(batch.rows()).isLessThanOrEqualTo(512));
    }

    @Test
    void textFillsEveryBatchToTheLastRowAndGoesOnInTheNext() {
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            examples.add(text(i, 100 + 37 * i));
        }
        List<PackedBatch> batches = all(BatchSource.once(Examples.of(examples), Packing.of(128, 2)));

        assertThat(batches.subList(0, batches.size() - 1))
                .allSatisfy(batch -> assertThat(batch.rows()).isGreaterThan(256 - 16));
        assertThat(batches.stream().filter(batch -> batch.rows() == 256).count())
                .isGreaterThan(batches.size() / 2);
        for (PackedBatch batch : batches) {
            for (Document document : batch.documents()) {
                assertThat(document.rows()).isBetween(16, 128);
                assertThat(batch.tokens()[document.firstRow()]).isEqualTo(BOS);
                for (int row = document.firstRow() + 1; row < document.firstRow() + document.rows(); row++) {
                    assertThat(batch.tokens()[row]).isEqualTo(batch.targets()[row - 1]);
                }
            }
        }
        Map<Integer, Integer> counts = targets(batches);
        int tokens = examples.stream().mapToInt(Example::rows).sum();
        assertThat(counts)
                .hasSize(tokens)
                .allSatisfy((_, count) -> assertThat(count).isEqualTo(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 40})
    void aCursorGoesOnAtTheExactTokenInTheMiddleOfATextToo(int after) {
        List<Example> examples = chats(50, 40, 3);
        for (int i = 0; i < 10; i++) {
            examples.add(text(100 + i, 900));
        }
        Packing packing = new Packing(100, 64, 8);
        BatchSource undisturbed = BatchSource.endless(Examples.of(examples), packing, 9);
        for (int i = 0; i < after; i++) {
            undisturbed.next();
        }
        Cursor cursor = Cursor.fromJson(undisturbed.cursor().toJson());
        assertThat(cursor).isEqualTo(undisturbed.cursor());

        BatchSource resumed = BatchSource.endless(Examples.of(examples), packing, 9);
        resumed.seek(cursor);

        boolean inTheMiddle = false;
        for (int i = 0; i < 200; i++) {
            inTheMiddle |= undisturbed.cursor().waiting().stream().anyMatch(one -> one.rowsDone() > 0);
            assertThat(resumed.cursor()).isEqualTo(undisturbed.cursor());
            assertThat(resumed.next()).isEqualTo(undisturbed.next());
        }
        assertThat(inTheMiddle).isTrue();
        resumed.seek(cursor); // and back
        assertThat(resumed.cursor()).isEqualTo(cursor);
    }

    @Test
    void epochsHaveOtherOrdersAndSeedsToo() {
        List<Example> examples = chats(100, 20, 4);
        Packing packing = new Packing(20, 20, 1);
        List<PackedBatch> two = all(BatchSource.shuffled(Examples.of(examples), packing, 1, 2));
        List<PackedBatch> again = all(BatchSource.shuffled(Examples.of(examples), packing, 1, 2));
        List<PackedBatch> other = all(BatchSource.shuffled(Examples.of(examples), packing, 2, 2));
        assertThat(again).isEqualTo(two);
        assertThat(other).isNotEqualTo(two);
        int half = two.size() / 2;
        assertThat(two.subList(0, 10)).isNotEqualTo(two.subList(half, half + 10));
    }

    @Test
    void theEndIsTold() {
        BatchSource source = BatchSource.once(Examples.of(chats(3, 10, 5)), Packing.of(64, 1));
        source.next();
        assertThat(source.hasNext()).isFalse();
        assertThatThrownBy(source::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void aCursorOfAnotherRunIsRefused() {
        Examples examples = Examples.of(chats(30, 10, 6));
        BatchSource source = BatchSource.endless(examples, Packing.of(32, 1), 1);
        Cursor cursor = source.cursor();
        for (BatchSource other : List.of(
                BatchSource.endless(examples, Packing.of(32, 1), 2),
                BatchSource.endless(examples, Packing.of(32, 2), 1),
                BatchSource.endless(Examples.of(chats(30, 10, 7)), Packing.of(32, 1), 1))) {
            assertThatThrownBy(() -> other.seek(cursor))
                    .isInstanceOf(DataException.class)
                    .hasMessageContaining("other data");
        }
    }

    @Test
    void aDamagedCursorIsToldAndChangesNothing() {
        Examples examples = Examples.of(chats(30, 10, 6));
        BatchSource source = BatchSource.endless(examples, Packing.of(32, 1), 1);
        source.next();
        Cursor good = source.cursor();
        String json = good.toJson();
        for (String bad : List.of("", "{}", "[]", "{\"source\":1}", json.substring(0, json.length() / 2), "null")) {
            assertThatThrownBy(() -> Cursor.fromJson(bad)).isInstanceOf(DataException.class);
        }
        Cursor impossible = new Cursor(good.source(), 1, 1, 1, List.of(3L), List.of(new Cursor.Waiting(0, 5, 0)));
        assertThatThrownBy(() -> source.seek(impossible)).isInstanceOf(DataException.class);
        assertThat(source.cursor()).isEqualTo(good);
    }

    @Test
    void aChatLongerThanTheSequenceIsAnErrorThatSaysWhatToDo() {
        BatchSource source = BatchSource.once(Examples.of(List.of(chat(0, 40))), Packing.of(32, 4));
        assertThatThrownBy(source::next)
                .isInstanceOf(DataException.class)
                .hasMessageContaining("40 tokens")
                .hasMessageContaining("--max-length 32");
    }

    @Test
    void anExampleWithoutATargetIsAnErrorNeverALossOfZero() {
        Example untrained = new Example(new int[] {BOS, 5, 6}, new boolean[3]);
        BatchSource source = BatchSource.once(Examples.of(List.of(untrained)), Packing.of(32, 4));
        assertThatThrownBy(source::next)
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no token to be trained");
        assertThatThrownBy(() -> BatchSource.once(Examples.of(List.of()), Packing.of(32, 4)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no example");
    }
}
