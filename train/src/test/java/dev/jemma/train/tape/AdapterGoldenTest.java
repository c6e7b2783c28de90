package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.adapter.Adapters;
import dev.jemma.data.PackedBatch;
import dev.jemma.format.Json;
import dev.jemma.model.Adapter;
import dev.jemma.train.optimizer.AdamW;
import dev.jemma.train.optimizer.GradientNorm;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** LoRA and rsLoRA against PEFT: files, forward, gradients, steps, merging. */
class AdapterGoldenTest {
    static Stream<Arguments> models() {
        return Arrays.stream(Rig.PROVIDERS)
                .flatMap(provider -> Stream.of("gemma1_mqa", "gemma3").map(model -> Arguments.of(model, provider)));
    }

    private static Adapter read(Rig rig, Path folder) {
        return AdapterFolder.read(folder, rig.gemma.config(), rig.kernels, rig.arena);
    }

    private static Rig with(String model, String provider, Path folder, boolean recompute) {
        return new Rig(model, provider, 2, recompute, rig -> Parameters.adapter(rig.gemma, read(rig, folder)));
    }

    private static PackedBatch plain(Json golden) {
        List<int[]> ids = Goldens.rows(golden.get("input_ids"));
        return Goldens.batch(ids, ids);
    }

    @ParameterizedTest
    @MethodSource("models")
    void forwardGradientsAndTenStepsAreThoseOfTheReference(String model, String provider) {
        Json golden = Goldens.json(model + "/lora.json");
        Map<String, float[]> tensors = Goldens.tensors(model + "/lora.safetensors");
        Json expected = golden.get("expected");
        List<PackedBatch> batches = golden.get("inputs").get("batches").items().stream()
                .map(Goldens::batch)
                .toList();
        try (Rig rig = with(model, provider, Goldens.path(model + "/lora_adapter"), false)) {
            assertThat(rig.parameters.count())
                    .isEqualTo(expected.get("trainable_parameters").asLong());
            assertThat(Goldens.maxDiff(rig.logits(batches.getFirst(), 16), tensors.get("logits_row0")))
                    .isLessThan(5e-5f);
            double loss = expected.get("loss").asDouble();
            assertThat(rig.mean(batches.getFirst())).isCloseTo(loss, within(5e-6 * loss));
            double norm = expected.get("grad_norm").asDouble();
            assertThat(rig.norm()).isCloseTo(norm, within(2e-5 * norm));
            for (Parameter p : rig.parameters.all()) {
                float[] wanted = tensors.get("grad." + p.name());
                assertThat(Goldens.maxDiff(p.read(p.gradient()), wanted))
                        .as(p.name())
                        .isLessThan(5e-5f * Goldens.absMax(wanted));
            }
            double[] losses = Goldens.doubles(expected.get("adamw_loss"));
            double[] norms = Goldens.doubles(expected.get("adamw_grad_norm_before_clip"));
            try (AdamW adam =
                    new AdamW(rig.kernels, rig.workers, rig.parameters.all(), new AdamW.Options(0.9, 0.95, 1e-8, 0))) {
                for (int s = 0; s < losses.length; s++) {
                    rig.parameters.clearGradients(rig.workers);
                    assertThat(rig.mean(batches.get(s % 2))).as("loss %d", s).isCloseTo(losses[s], within(1e-4));
                    GradientNorm length = GradientNorm.of(rig.kernels, rig.workers, rig.parameters.all());
                    assertThat(length.value()).as("norm %d", s).isCloseTo(norms[s], within(5e-4));
                    adam.step(5e-3, length.clipFactor(1));
                }
            }
            for (Parameter p : rig.parameters.all()) {
                assertThat(Goldens.maxDiff(p.read(p.values()), tensors.get("final." + p.name())))
                        .as(p.name())
                        .isLessThan(5e-4f);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void mergedWeightsAreThoseOfTheReference(String model, String provider) {
        Json golden = Goldens.json(model + "/lora.json");
        Map<String, float[]> tensors = Goldens.tensors(model + "/lora.safetensors");
        PackedBatch batch =
                Goldens.batch(golden.get("inputs").get("batches").items().getFirst());
        try (Rig rig = Rig.full(model, provider)) {
            Adapter adapter = read(rig, Goldens.path(model + "/lora_adapter"));
            Adapters.merge(rig.gemma, adapter, rig.kernels, rig.workers);
            tensors.forEach((name, wanted) -> {
                if (name.startsWith("merged.")) {
                    assertThat(Goldens.maxDiff(rig.values(name.substring("merged.".length())), wanted))
                            .as(name)
                            .isLessThan(5e-6f);
                }
            });
            assertThat(Goldens.maxDiff(rig.logits(batch, 16), tensors.get("merged_logits_row0")))
                    .isLessThan(1e-4f);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void rankStabilizedAdaptersScaleByTheRootOfTheRank(String model, String provider) {
        PackedBatch batch = plain(Goldens.json(model + "/rslora.json").get("inputs"));
        float[] wanted = Goldens.tensors(model + "/rslora.safetensors").get("logits_row0");
        try (Rig rig = with(model, provider, Goldens.path(model + "/rslora_adapter"), false)) {
            assertThat(Goldens.maxDiff(rig.logits(batch, 16), wanted)).isLessThan(5e-5f);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void layersThatAreComputedAgainGiveTheSameBits(String model, String provider) {
        Json golden = Goldens.json(model + "/lora.json");
        PackedBatch batch =
                Goldens.batch(golden.get("inputs").get("batches").items().getFirst());
        Path folder = Goldens.path(model + "/lora_adapter");
        try (Rig kept = with(model, provider, folder, false);
                Rig again = with(model, provider, folder, true)) {
            assertThat(again.mean(batch)).isEqualTo(kept.mean(batch));
            for (Parameter p : kept.parameters.all()) {
                assertThat(again.gradient(p.name())).as(p.name()).isEqualTo(p.read(p.gradient()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void anAdapterIsWrittenAsItWasRead(String model, String provider, @TempDir Path folder) {
        for (String name : List.of("lora_adapter", "rslora_adapter")) {
            try (Rig rig = Rig.full(model, provider)) {
                Path source = Goldens.path(model + "/" + name);
                Adapter adapter = read(rig, source);
                Path target = folder.resolve(name);
                AdapterFolder.write(target, adapter, rig.gemma.config(), "models/" + model);
                Json before = Json.read(source.resolve("adapter_config.json"));
                Json after = Json.read(target.resolve("adapter_config.json"));
                for (String key : after.keys()) {
                    if (key.equals("target_modules")) {
                        assertThat(after.get(key).items().stream().map(Json::asString))
                                .containsExactlyInAnyOrderElementsOf(before.get(key).items().stream()
                                        .map(Json::asString)
                                        .toList());
                    } else if (before.get(key).isNumber()) {
                        assertThat(after.get(key).asDouble())
                                .isEqualTo(before.get(key).asDouble());
                    } else {
                        assertThat(after.get(key).raw())
                                .as(key)
                                .isEqualTo(before.get(key).raw());
                    }
                }
                Map<String, float[]> wanted = Goldens.tensors(model + "/" + name + "/adapter_model.safetensors");
                Map<String, float[]> written = Goldens.tensors(target.resolve("adapter_model.safetensors"));
                assertThat(written.keySet()).isEqualTo(wanted.keySet());
                wanted.forEach((tensor, values) ->
                        assertThat(written.get(tensor)).as(tensor).isEqualTo(values));
            }
        }
    }
}
