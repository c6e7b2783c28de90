package dev.jemma.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.tensor.DType;
import dev.jemma.testing.Golden;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EncodeGoldenTest {
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "MXFP4"})
    void simpleEncodersGiveTheReferenceBytes(DType type) {
        RawTensors golden = new RawTensors("quant/quantize.safetensors");
        float[] input = golden.floats("input");
        byte[] expected = golden.bytes(type + ".bytes");
        byte[] actual = Quants.encode(type, input);
        int rowBytes = expected.length / 48;
        for (int row = 0; row < 48; row++) {
            assertThat(Arrays.copyOfRange(actual, row * rowBytes, (row + 1) * rowBytes))
                    .as("row " + row)
                    .isEqualTo(Arrays.copyOfRange(expected, row * rowBytes, (row + 1) * rowBytes));
        }
    }

    /** The error of the reference's K-encoders on their golden rows, times 1.01, is the most that is allowed. */
    @ParameterizedTest
    @CsvSource({"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
    void searchedEncodersAreAsAccurateAsTheReference(DType type) {
        RawTensors golden = new RawTensors("quant/kquant_rows.safetensors");
        var figures = Golden.json("quant/kquant.json");
        int compared = 0;
        for (String name : golden.names()) {
            if (!name.startsWith("input.")) {
                continue;
            }
            String tensor = name.substring("input.".length());
            float[] input = golden.floats(name);
            double reference = rms(input, Quants.decode(type, golden.bytes(type + "." + tensor)), golden.dim(name, 1));
            double stated = figures.get(type + "." + tensor).get("rms_error").asDouble();
            assertThat(reference).as("how the figure is computed").isCloseTo(stated, within(stated));
            double ours = rms(input, Quants.decode(type, Quants.encode(type, input)), golden.dim(name, 1));
            assertThat(ours).as(tensor).isLessThanOrEqualTo(1.01 * stated);
            compared++;
        }
        assertThat(compared).isEqualTo(3);
    }

    private static Offset<Double> within(double value) {
        return org.assertj.core.api.Assertions.within(1e-5 * value);
    }

    /** Root of the mean squared error over all rows but those of zeros. */
    private static double rms(float[] input, float[] output, int cols) {
        double sum = 0;
        long n = 0;
        for (int row = 0; row < input.length / cols; row++) {
            boolean zero = true;
            double error = 0;
            for (int i = row * cols; i < (row + 1) * cols; i++) {
                zero &= input[i] == 0;
                error += Math.pow((double) input[i] - output[i], 2);
            }
            if (!zero) {
                sum += error;
                n += cols;
            }
        }
        return Math.sqrt(sum / n);
    }

    /** What a decoder needs no licence to be tested with: rows made here, bounds from the reference's typical error. */
    @ParameterizedTest
    @CsvSource({"Q2_K,0.30", "Q3_K,0.16", "Q4_K,0.072", "Q5_K,0.036", "Q6_K,0.018", "Q8_0,0.006"})
    void normalRowsKeepTheirValuesWithinTheTypesError(DType type, double relative) {
        Random random = new Random(7);
        float[] input = new float[16 * 256];
        double power = 0;
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) (random.nextGaussian() * 0.05);
            power += (double) input[i] * input[i];
        }
        double rms = rms(input, Quants.decode(type, Quants.encode(type, input)), 256);
        assertThat(rms / Math.sqrt(power / input.length)).isLessThan(relative).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"})
    void rowsOfOneValueAreKeptCloselyAndZerosExactly(DType type) {
        for (float value : new float[] {0, 0.5f, -0.25f, 0.05f, -300f}) {
            float[] input = new float[256];
            Arrays.fill(input, value);
            float[] output = Quants.decode(type, Quants.encode(type, input));
            for (float x : output) {
                assertThat(x).isCloseTo(value, Offset.offset(Math.abs(value) / 200));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q4_0", "Q5_1", "Q8_0", "MXFP4"})
    void numbersThatAreNotFiniteAreEncodedToSomething(DType type) {
        float[] input = new float[512];
        Random random = new Random(3);
        for (int i = 0; i < input.length; i++) {
            input[i] = Float.intBitsToFloat(random.nextInt());
        }
        input[5] = Float.NaN;
        input[300] = Float.POSITIVE_INFINITY;
        assertThat(Quants.encode(type, input)).hasSize((int) type.bytesFor(512));
    }

    @Test
    void aTypeThatCannotBeWrittenSaysSo() {
        assertThat(Quants.canEncode(DType.IQ4_NL)).isFalse();
        assertThatThrownBy(
                        () -> Quants.encode(DType.IQ4_NL, new float[32], 0, MemorySegment.ofArray(new byte[18]), 0, 32))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("IQ4_NL");
    }
}
