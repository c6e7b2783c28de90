package dev.jemma.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.convert.Converter;
import dev.jemma.convert.Progress;
import dev.jemma.convert.WeightChange;
import dev.jemma.kernel.Kernels;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.model.Adapter;
import dev.jemma.model.ModelFiles;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainedRunTest {
    @TempDir
    Path temp;

    /** The files that {@code jemma merge} writes hold what PEFT's merge gives. */
    @ParameterizedTest
    @CsvSource({"gemma1_mqa", "gemma3"})
    void aMergedFileHoldsTheReferencesMatrix(String model) {
        Map<String, float[]> golden = Goldens.tensors(model + "/lora.safetensors");
        Path out = temp.resolve(model);
        Kernels kernels = Rig.kernels("");
        try (ModelFiles base = ModelFiles.open(Goldens.path("models/" + model));
                Arena arena = Arena.ofShared();
                WorkerPool workers = new WorkerPool(2)) {
            Adapter adapter = AdapterFolder.read(Goldens.path(model + "/lora_adapter"), base.config(), kernels, arena);
            Converter.changedToHuggingFace(
                    base,
                    new WeightChange.Merged(adapter),
                    Optional.empty(),
                    out,
                    Optional.empty(),
                    workers,
                    Progress.NONE);
        }
        List<String> merged =
                golden.keySet().stream().filter(n -> n.startsWith("merged.")).toList();
        assertThat(merged).isNotEmpty();
        Map<String, float[]> written = Goldens.tensors(out.resolve("model.safetensors"));
        for (String name : merged) {
            float[] matrix = Objects.requireNonNull(written.get(name.substring("merged.".length())));
            assertThat(Goldens.maxDiff(matrix, golden.get(name))).isLessThan(5e-6f);
        }
    }

    @Test
    void aRunIsOpenedAtItsBestItsLastOrAnyCheckpoint() throws IOException {
        try (TinyRun run = new TinyRun(temp, 1, TinyRun.options(8), TrainObserver.NONE)) {
            run.run();
        }
        Path model = Files.createDirectories(temp.resolve("model"));

        TrainedRun last = TrainedRun.open(temp, new CheckpointChoice.Last());
        TrainedRun best = TrainedRun.open(temp, new CheckpointChoice.Best());
        TrainedRun named = TrainedRun.open(temp, new CheckpointChoice.AtStep(last.step()));

        assertThat(last.step()).isEqualTo(8);
        assertThat(best.step()).isPositive();
        assertThat(named).isEqualTo(last);
        assertThat(last.adapter()).isEmpty();
        assertThat(last.base()).contains("tiny");
        assertThat(last.weights()).isRegularFile();
        Files.delete(temp.resolve("config.yaml"));
        assertThat(TrainedRun.open(temp, new CheckpointChoice.Last()).base()).isEmpty();
        Files.writeString(model.resolve("config.json"), "{}");
        assertThat(TrainedRun.open(temp, new CheckpointChoice.Last()).base()).contains(model.toString());
    }

    @Test
    void whatIsNoRunOrDamagedIsToldInOneLine() throws IOException {
        assertThatThrownBy(() -> TrainedRun.open(temp, new CheckpointChoice.Last()))
                .isInstanceOf(TrainException.class)
                .hasMessageContaining("not the folder of a training run");
        try (TinyRun run = new TinyRun(temp, 1, TinyRun.options(4), TrainObserver.NONE)) {
            assertThatThrownBy(() -> TrainedRun.open(temp, new CheckpointChoice.Last()))
                    .hasMessageContaining("no checkpoint yet");
            run.run();
        }
        assertThatThrownBy(() -> TrainedRun.open(temp, new CheckpointChoice.AtStep(99)))
                .hasMessageContaining("no checkpoint of step 99")
                .hasMessageNotContaining("\n");
        Files.writeString(temp.resolve("config.yaml"), "a: [1\nb: }");
        assertThatThrownBy(() -> TrainedRun.open(temp, new CheckpointChoice.Last()))
                .hasMessageContaining("is not YAML")
                .hasMessageNotContaining("\n");
        Files.delete(temp.resolve("config.yaml"));
        TrainedRun whole = TrainedRun.open(temp, new CheckpointChoice.Last());
        byte[] bytes = Files.readAllBytes(whole.weights());
        bytes[bytes.length - 1] ^= 1;
        Files.write(whole.weights(), bytes);
        assertThatThrownBy(() -> TrainedRun.open(temp, new CheckpointChoice.AtStep(whole.step())))
                .hasMessageContaining("is damaged");
    }
}
