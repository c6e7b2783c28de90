package dev.jemma.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DecodeGoldenTest {
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F32"})
    void everyGoldenBlockDecodesExactly(DType type) {
        RawTensors golden = new RawTensors("quant/dequant_random.safetensors");
        byte[] blocks = golden.bytes(type + ".blocks");
        float[] expected = golden.floats(type + ".values");
        assertSame(Quants.decode(type, blocks), expected);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void blocksMayStandAtAnyAddressAndTheRestOfTheTargetIsLeftAlone(DType type) {
        byte[] block = new byte[type.blockBytes() * 2];
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) (i * 37 + 5);
        }
        float[] plain = Quants.decode(type, block);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment odd = arena.allocate(block.length + 3L);
            MemorySegment.copy(block, 0, odd, ValueLayout.JAVA_BYTE, 3, block.length);
            float[] target = new float[plain.length + 2];
            target[0] = 7;
            target[plain.length + 1] = 9;
            Quants.decode(type, odd, 3, target, 1, plain.length);
            assertSame(Arrays.copyOfRange(target, 1, plain.length + 1), plain);
            assertThat(target[0]).isEqualTo(7);
            assertThat(target[plain.length + 1]).isEqualTo(9);
        }
    }

    @Test
    void rowsOfTheRealModelDecodeExactly() {
        RawTensors golden = new RawTensors("quant/real_rows.safetensors");
        var rows = Golden.json("quant/meta.json").get("real_rows");
        int compared = 0;
        for (String name : rows.propertyNames()) {
            DType type = DType.valueOf(rows.get(name).get("type").asString());
            if (type != DType.F32) {
                assertSame(Quants.decode(type, golden.bytes(name + ".blocks")), golden.floats(name + ".values"));
                compared++;
            }
        }
        assertThat(compared).isEqualTo(8);
    }

    @Test
    void aBrokenLengthOrAShortSourceIsRefused() {
        MemorySegment block = MemorySegment.ofArray(new byte[18]);
        assertThatThrownBy(() -> Quants.decode(DType.Q4_0, block, 0, new float[64], 0, 31))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Quants.decode(DType.Q4_0, block, 0, new float[64], 0, 64))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> Quants.decode(DType.Q4_0, block, 0, new float[31], 0, 32))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Equality of numbers as the golden README asks: −0.0 equals 0.0, NaN equals NaN. */
    private static void assertSame(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            if (actual[i] != expected[i] && !(Float.isNaN(actual[i]) && Float.isNaN(expected[i]))) {
                assertThat(actual[i]).as("element " + i).isEqualTo(expected[i]);
            }
        }
    }
}
