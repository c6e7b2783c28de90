package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class TurnMarksTest {
    private static final int START = 5;
    private static final int END = 6;
    private static final int[] HEADER = {30, 31};

    @ParameterizedTest
    @CsvSource({"gemma3, 105, 106", "gemma1_mqa, 106, 107"})
    void theTargetsAreThoseOfTheReference(String model, int start, int end) {
        JsonNode golden = JsonRecords.MAPPER.readTree(
                Fixture.golden("training/" + model + "/sft.json").toFile());
        JsonNode rows = golden.get("inputs").get("input_ids");
        assertThat(rows.size()).isEqualTo(3);
        for (int row = 0; row < rows.size(); row++) {
            int[] ids = ints(rows.get(row));
            int[] expected = ints(golden.get("inputs").get("response_mask").get(row));
            boolean[] trained = TurnMarks.trained(ids, start, end, new int[] {112, 108});
            for (int i = 0; i < ids.length; i++) {
                assertThat(trained[i]).as("row %d token %d", row, i).isEqualTo(expected[i] == 1);
            }
        }
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        Arrays.setAll(values, i -> array.get(i).asInt());
        return values;
    }

    private static String marks(int... ids) {
        StringBuilder text = new StringBuilder();
        for (boolean trained : TurnMarks.trained(ids, START, END, HEADER)) {
            text.append(trained ? 'x' : '.');
        }
        return text.toString();
    }

    @Test
    void anEmptyTurnTeachesNothing() {
        assertThat(marks(2, START, 30, 31, END)).isEqualTo(".....");
        assertThat(marks(2, START, 30, 31, 9, END, 7)).isEqualTo("....xx.");
    }

    @Test
    void anotherSpeakersTurnIsNeverTrained() {
        assertThat(marks(2, START, 40, 31, 9, END, START, 40, END)).isEqualTo(".........");
    }

    @Test
    void aLineBreakThatWentIntoTheFirstWordIsTrainedWithIt() {
        assertThat(marks(2, START, 30, 77, 9, END)).isEqualTo("...xxx");
    }

    @Test
    void aTurnThatIsCutOffHasNoEndToTrain() {
        assertThat(marks(2, START, 30, 31, 9, 9)).isEqualTo("....xx");
        assertThat(marks(2, START)).isEqualTo("..");
    }
}
