package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A small model learns from a teacher's logits: losses and gradients against PyTorch. */
class DistillationGoldenTest {
    private static final int VOCABULARY = 512;
    private static final int SAMPLES = 16;

    static Stream<Arguments> items() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider ->
                        Stream.of("distill_full", "distill_sampled").map(item -> Arguments.of(item, provider)));
    }

    /** The file holds integers too, which the tensor reader has no type for. */
    private static int[] sampledIndex() throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Goldens.path("gemma3/distill_inputs.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int head = (int) bytes.getLong();
        byte[] text = new byte[head];
        bytes.get(text);
        Json offsets = Json.parse(text, "distill_inputs").get("sampled_index").get("data_offsets");
        int[] index = new int[2 * 16 * SAMPLES];
        bytes.position(8 + head + offsets.items().getFirst().asInt());
        bytes.asIntBuffer().get(index);
        return index;
    }

    @ParameterizedTest
    @MethodSource("items")
    void theLossAgainstATeacherIsThatOfTheReference(String item, String provider) throws IOException {
        Json golden = Goldens.json("gemma3/" + item + ".json");
        Json expected = golden.get("expected");
        List<int[]> ids = Goldens.rows(golden.get("inputs").get("input_ids"));
        PackedBatch batch = Goldens.batch(ids, ids);
        List<Integer> masked = new ArrayList<>();
        for (Json row : golden.get("inputs").get("mask").items()) {
            for (double m : Goldens.doubles(row)) {
                masked.add((int) m);
            }
        }
        int[] rows = java.util.stream.IntStream.range(0, batch.rows())
                .filter(r -> masked.get(r) == 1)
                .toArray();
        Map<String, float[]> inputs = Goldens.tensors("gemma3/distill_inputs.safetensors");
        float[] teacher = inputs.get("teacher_logits");
        float[] sampled = inputs.get("sampled_logits");
        int[] index = sampledIndex();
        double weight = 1.0 / rows.length;
        RowLoss loss = item.equals("distill_full")
                ? Distillation.full(
                        i -> Arrays.copyOfRange(teacher, rows[i] * VOCABULARY, (rows[i] + 1) * VOCABULARY), weight)
                : Distillation.sampled(
                        i -> new Distillation.Sample(
                                Arrays.copyOfRange(index, rows[i] * SAMPLES, (rows[i] + 1) * SAMPLES),
                                Arrays.copyOfRange(sampled, rows[i] * SAMPLES, (rows[i] + 1) * SAMPLES)),
                        weight);
        try (Rig rig = Rig.full("gemma3", provider)) {
            double value = expected.get("loss_kl").asDouble();
            assertThat(rig.run(batch, rows, loss)).isCloseTo(value, within(5e-6 * value));
            double norm = expected.get("grad_norm").asDouble();
            assertThat(rig.norm()).isCloseTo(norm, within(2e-5 * norm));
            rig.assertGradients(golden.get("grad_summary"));
            if (item.equals("distill_sampled")) {
                Goldens.tensors("gemma3/distill_sampled.safetensors")
                        .forEach((name, wanted) -> assertThat(
                                        Goldens.maxDiff(rig.gradient(name.substring("grad.".length())), wanted))
                                .as(name)
                                .isLessThan(5e-5f * Goldens.absMax(wanted)));
            }
        }
    }
}
