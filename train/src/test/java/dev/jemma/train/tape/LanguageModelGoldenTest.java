package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses and every gradient of language modelling, against transformers and PyTorch. */
class LanguageModelGoldenTest {
    private static final List<String> MODELS = List.of("gemma1_mqa", "gemma1_mha", "gemma2", "gemma3");

    static Stream<Arguments> models() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> MODELS.stream().map(model -> Arguments.of(model, provider)));
    }

    private static Offset<Double> relative(double expected, double share) {
        return within(Math.abs(expected) * share);
    }

    private static void assertLoss(Json expected, String key, double loss) {
        double value = expected.get(key).asDouble();
        assertThat(loss).as(key).isCloseTo(value, relative(value, 5e-6));
    }

    private static void assertNorm(Json expected, Rig rig) {
        double value = expected.get("grad_norm").asDouble();
        assertThat(rig.norm()).isCloseTo(value, relative(value, 2e-5));
    }

    @ParameterizedTest
    @MethodSource("models")
    void lossAndEveryGradientAreThoseOfTheReference(String model, String provider) {
        Json golden = Goldens.json(model + "/lm.json");
        PackedBatch batch = Goldens.batch(golden.get("inputs"));
        Map<String, float[]> tensors = Goldens.tensors(model + "/lm.safetensors");
        Json expected = golden.get("expected");
        try (Rig rig = Rig.full(model, provider)) {
            assertThat(batch.trainedTokens())
                    .isEqualTo(expected.get("unmasked_targets").asInt());
            assertThat(Goldens.maxDiff(rig.logits(batch, 32), tensors.get("logits_row0")))
                    .isLessThan(5e-5f);
            assertLoss(expected, "loss", rig.mean(batch));
            assertNorm(expected, rig);
            for (Parameter p : rig.parameters.all()) {
                float[] wanted = tensors.get("grad." + p.name());
                assertThat(Goldens.maxDiff(p.read(p.gradient()), wanted))
                        .as(p.name())
                        .isLessThan(5e-5f * Goldens.absMax(wanted));
            }
            rig.assertGradients(golden.get("grad_summary"));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void packedDocumentsAreAsGoodAsApart(String model, String provider) {
        Json golden = Goldens.json(model + "/packed.json");
        Json inputs = golden.get("inputs");
        int[] lengths = Goldens.ints(inputs.get("document_lengths"));
        int[] ids = Goldens.rows(inputs.get("input_ids")).getFirst();
        int[] labels = Goldens.rows(inputs.get("labels")).getFirst();
        PackedBatch batch = Goldens.batch(
                List.of(Arrays.copyOf(ids, lengths[0]), Arrays.copyOfRange(ids, lengths[0], ids.length)),
                List.of(Arrays.copyOf(labels, lengths[0]), Arrays.copyOfRange(labels, lengths[0], ids.length)));
        Json expected = golden.get("expected");
        try (Rig rig = Rig.full(model, provider)) {
            float[] logits = Goldens.tensors(model + "/packed.safetensors").get("logits");
            assertThat(Goldens.maxDiff(rig.logits(batch, 32), logits)).isLessThan(5e-5f);
            assertLoss(expected, "loss", rig.mean(batch));
            assertNorm(expected, rig);
            rig.assertGradients(golden.get("grad_summary"));
        }
    }

    static Stream<Arguments> chatModels() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> Stream.of("gemma1_mqa", "gemma3").map(model -> Arguments.of(model, provider)));
    }

    @ParameterizedTest
    @MethodSource("chatModels")
    void onlyTheModelsTurnsOfChatsCount(String model, String provider) {
        Json golden = Goldens.json(model + "/sft.json");
        Json inputs = golden.get("inputs");
        List<int[]> masks = Goldens.rows(inputs.get("attention_mask"));
        List<int[]> ids = Goldens.rows(inputs.get("input_ids"));
        List<int[]> unpadded = new java.util.ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            unpadded.add(Arrays.copyOf(ids.get(i), Arrays.stream(masks.get(i)).sum()));
        }
        PackedBatch batch = Goldens.batch(unpadded, Goldens.rows(inputs.get("labels")));
        Json expected = golden.get("expected");
        try (Rig rig = Rig.full(model, provider)) {
            assertThat(batch.trainedTokens())
                    .isEqualTo(expected.get("unmasked_targets").asInt());
            assertLoss(expected, "loss", rig.mean(batch));
            assertNorm(expected, rig);
            rig.assertGradients(golden.get("grad_summary"));
        }
    }

    static Stream<Arguments> losses() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> Stream.of("zloss", "zloss_big", "label_smoothing", "loss_sum")
                        .map(item -> Arguments.of(item, provider)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void otherFormsOfTheLossAreThoseOfTheReference(String item, String provider) {
        Json golden = Goldens.json("gemma1_mqa/" + item + ".json");
        PackedBatch batch = Goldens.batch(Goldens.json("gemma1_mqa/lm.json").get("inputs"));
        double mean = 1.0 / batch.trainedTokens();
        int[] targets = Goldens.targets(batch);
        CrossEntropy loss = switch (item) {
            case "zloss" -> new CrossEntropy(targets, mean, 0, 1e-4);
            case "zloss_big" -> new CrossEntropy(targets, mean, 0, 0.1);
            case "label_smoothing" -> new CrossEntropy(targets, mean, 0.1, 0);
            default -> new CrossEntropy(targets, 1);
        };
        try (Rig rig = Rig.full("gemma1_mqa", provider)) {
            assertLoss(golden.get("expected"), "loss", rig.run(batch, Goldens.counted(batch), loss));
            assertNorm(golden.get("expected"), rig);
            rig.assertGradients(golden.get("grad_summary"));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void layersThatAreComputedAgainGiveTheSameBits(String model, String provider) {
        PackedBatch batch = Goldens.batch(Goldens.json(model + "/lm.json").get("inputs"));
        try (Rig kept = Rig.full(model, provider);
                Rig again = new Rig(model, provider, 2, true, rig -> Parameters.full(rig.gemma))) {
            assertThat(again.mean(batch)).isEqualTo(kept.mean(batch));
            for (Parameter p : kept.parameters.all()) {
                assertThat(again.gradient(p.name())).as(p.name()).isEqualTo(p.read(p.gradient()));
            }
            assertThat(again.mean(batch)).isEqualTo(kept.mean(batch)); // a second step on the same memory
            for (Parameter p : kept.parameters.all()) {
                assertThat(again.gradient(p.name())).as(p.name()).isEqualTo(p.read(p.gradient()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void threadsDoNotShowInTheGradients(String model, String provider) {
        PackedBatch batch = Goldens.batch(Goldens.json(model + "/lm.json").get("inputs"));
        try (Rig one = new Rig(model, provider, 1, false, rig -> Parameters.full(rig.gemma));
                Rig three = new Rig(model, provider, 3, false, rig -> Parameters.full(rig.gemma))) {
            assertThat(three.mean(batch)).isEqualTo(one.mean(batch));
            assertThat(three.norm()).isEqualTo(one.norm());
            for (Parameter p : one.parameters.all()) {
                assertThat(three.gradient(p.name())).as(p.name()).isEqualTo(p.read(p.gradient()));
            }
        }
    }
}
