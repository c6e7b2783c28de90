package dev.jemma.quant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HalvesTest {
    private final RawTensors golden = new RawTensors("quant/half.safetensors");

    @Test
    void bf16RoundsToNearestEvenAndKeepsNaNsAsTheReferenceDoes() {
        int[] bits = golden.ints("f32_bits");
        int[] expected = golden.ints("bf16_bits_gguf");
        for (int i = 0; i < bits.length; i++) {
            int actual = Halves.floatToBf16(Float.intBitsToFloat(bits[i])) & 0xFFFF;
            assertThat(actual).as("0x%08x", bits[i]).isEqualTo(expected[i] & 0xFFFF);
        }
    }

    @Test
    void f16RoundsToNearestEvenAndANaNStaysANaN() {
        int[] bits = golden.ints("f32_bits");
        int[] expected = golden.ints("f16_bits_numpy");
        for (int i = 0; i < bits.length; i++) {
            float value = Float.intBitsToFloat(bits[i]);
            short actual = Halves.floatToF16(value);
            if (Float.isNaN(value)) {
                assertThat(Halves.f16ToFloat(actual)).isNaN();
            } else {
                assertThat(actual & 0xFFFF).as("0x%08x", bits[i]).isEqualTo(expected[i] & 0xFFFF);
            }
        }
    }

    @Test
    void everyF16WidensExactly() {
        int[] expected = golden.ints("f16_all_as_f32_bits");
        for (int i = 0; i < 65536; i++) {
            float actual = Halves.f16ToFloat((short) i);
            float wanted = Float.intBitsToFloat(expected[i]);
            if (Float.isNaN(wanted)) {
                assertThat(actual).isNaN();
            } else {
                assertThat(Float.floatToRawIntBits(actual)).as("0x%04x", i).isEqualTo(expected[i]);
            }
        }
    }

    @Test
    void everyBf16SurvivesThereAndBack() {
        for (int i = 0; i < 65536; i++) {
            float value = Halves.bf16ToFloat((short) i);
            if (!Float.isNaN(value)) {
                assertThat(Halves.floatToBf16(value)).isEqualTo((short) i);
            }
        }
    }
}
