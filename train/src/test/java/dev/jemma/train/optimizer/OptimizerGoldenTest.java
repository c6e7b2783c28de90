package dev.jemma.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.train.tape.CrossEntropy;
import dev.jemma.train.tape.Parameter;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs of a few steps, against PyTorch and transformers. */
class OptimizerGoldenTest {
    private static final int STEPS = 20;
    private static final Schedule COSINE = new Schedule(Schedule.Shape.COSINE, 1e-3, 5, STEPS, 0, 0.1);

    static Stream<Arguments> models() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> Stream.of("gemma1_mqa", "gemma1_mha", "gemma2", "gemma3")
                        .map(model -> Arguments.of(model, provider)));
    }

    private static List<PackedBatch> batches(Json golden) {
        return golden.get("inputs").get("batches").items().stream()
                .map(Goldens::batch)
                .toList();
    }

    private record Curve(List<Double> losses, List<Double> norms) {
        void assertLike(Json expected) {
            double[] wantedLosses = Goldens.doubles(expected.get("loss"));
            double[] wantedNorms = Goldens.doubles(expected.get("grad_norm_before_clip"));
            for (int s = 0; s < wantedLosses.length; s++) {
                assertThat(losses.get(s)).as("loss %d", s).isCloseTo(wantedLosses[s], within(2e-5));
                assertThat(norms.get(s)).as("norm %d", s).isCloseTo(wantedNorms[s], within(1e-4));
            }
        }
    }

    /** Rows {@code from} to {@code to} of the golden batch as a batch of their own. */
    private static PackedBatch part(Json batch, int from, int to) {
        return Goldens.batch(
                Goldens.rows(batch.get("input_ids")).subList(from, to),
                Goldens.rows(batch.get("labels")).subList(from, to));
    }

    private static Curve train(Rig rig, Json golden, double clip, boolean halves) {
        List<Json> batches = golden.get("inputs").get("batches").items();
        List<Double> losses = new ArrayList<>();
        List<Double> norms = new ArrayList<>();
        try (AdamW adam = new AdamW(rig.kernels, rig.workers, rig.parameters.all(), AdamW.Options.DEFAULT)) {
            for (int s = 0; s < STEPS; s++) {
                Json inputs = batches.get(s % batches.size());
                List<PackedBatch> parts =
                        halves ? List.of(part(inputs, 0, 2), part(inputs, 2, 4)) : List.of(Goldens.batch(inputs));
                double share = 1.0
                        / parts.stream().mapToInt(PackedBatch::trainedTokens).sum();
                rig.parameters.clearGradients(rig.workers);
                double loss = 0;
                for (PackedBatch part : parts) {
                    loss += rig.run(part, Goldens.counted(part), new CrossEntropy(Goldens.targets(part), share));
                }
                GradientNorm norm = GradientNorm.of(rig.kernels, rig.workers, rig.parameters.all());
                losses.add(loss);
                norms.add(norm.value());
                adam.step(COSINE.at(s), norm.clipFactor(clip));
                if (s == 1 && clip == 1.0 && !halves) {
                    assertSummaries(rig, golden.get("param_summary_after_step_1"));
                }
            }
        }
        return new Curve(losses, norms);
    }

    private static void assertSummaries(Rig rig, Json summary) {
        for (String name : summary.keys()) {
            Rig.assertSummary(summary, name, rig.values(name), 0, 5e-6);
        }
    }

    private static void assertFinal(Rig rig, Map<String, float[]> wanted) {
        for (Parameter p : rig.parameters.all()) {
            assertThat(Goldens.maxDiff(p.read(p.values()), wanted.get(p.name())))
                    .as(p.name())
                    .isLessThan(5e-6f);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void twentyStepsOfAdamWGoWhereTheReferenceGoes(String model, String provider) {
        Json golden = Goldens.json(model + "/adamw.json");
        Map<String, float[]> last = Goldens.tensors(model + "/adamw_final.safetensors");
        double[] rates = Goldens.doubles(golden.get("expected").get("lr"));
        for (int s = 0; s < STEPS; s++) {
            assertThat(COSINE.at(s)).isCloseTo(rates[s], within(1e-12));
        }
        try (Rig rig = Rig.full(model, provider)) {
            train(rig, golden, 1.0, false).assertLike(golden.get("expected"));
            assertFinal(rig, last);
        }
        try (Rig rig = Rig.full(model, provider)) {
            train(rig, golden, 1.0, true).assertLike(golden.get("expected_accumulation_2"));
            assertFinal(rig, last);
        }
        try (Rig rig = Rig.full(model, provider)) {
            Json other = golden.get("expected_other_clip");
            Curve curve = train(rig, golden, other.get("grad_clip").asDouble(), false);
            curve.assertLike(other);
            assertSummaries(rig, other.get("final_param_summary"));
        }
    }

    static Stream<Arguments> forms() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> Stream.of(
                        Arguments.of("transformers_scaled", Adafactor.Form.TRANSFORMERS_SCALED, 1e-3, provider),
                        Arguments.of("transformers_unscaled", Adafactor.Form.TRANSFORMERS, 1e-3, provider),
                        Arguments.of("torch", Adafactor.Form.TORCH, 1e-2, provider)));
    }

    @ParameterizedTest
    @MethodSource("forms")
    void fiveStepsOfAdafactorGoWhereTheReferenceGoes(String name, Adafactor.Form form, double rate, String provider) {
        Json variant = Goldens.json("gemma3/adafactor.json").get("variants").get(name);
        List<PackedBatch> batches = batches(Goldens.json("gemma3/adamw.json"));
        double[] losses = Goldens.doubles(variant.get("loss"));
        try (Rig rig = Rig.full("gemma3", provider);
                Adafactor adafactor = new Adafactor(rig.kernels, rig.workers, rig.parameters.all(), form, 0)) {
            for (int s = 0; s < losses.length; s++) {
                rig.parameters.clearGradients(rig.workers);
                assertThat(rig.mean(batches.get(s % batches.size())))
                        .as("loss %d", s)
                        .isCloseTo(losses[s], within(2e-5));
                adafactor.step(rate, 1);
            }
            assertSummaries(rig, variant.get("final_param_summary"));
            if (form == Adafactor.Form.TRANSFORMERS_SCALED) {
                Goldens.tensors("gemma3/adafactor.safetensors")
                        .forEach((tensor, wanted) -> assertThat(
                                        Goldens.maxDiff(rig.values(tensor.substring(name.length() + 1)), wanted))
                                .as(tensor)
                                .isLessThan(5e-6f));
            }
        }
    }
}
