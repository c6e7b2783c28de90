package dev.jemma.train.tape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.adapter.AdapterFolder;
import dev.jemma.convert.Converter;
import dev.jemma.convert.Progress;
import dev.jemma.convert.Quantization;
import dev.jemma.data.PackedBatch;
import dev.jemma.format.HfFolder;
import dev.jemma.kernel.WorkerPool;
import dev.jemma.kernel.Workers;
import dev.jemma.train.testing.Goldens;
import dev.jemma.train.testing.Rig;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An adapter on a quantized base learns what it would learn on the weights that the base decodes to. */
class QuantizedBaseTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"Q8_0,scalar", "Q8_0,''", "Q4_0,scalar", "Q4_0,''", "BF16,''"})
    void gradientsAreThoseOfTheDecodedWeights(Quantization type, String provider) {
        Path file = folder.resolve("base.gguf");
        try (HfFolder source = HfFolder.open(Goldens.path("models/gemma3"));
                Workers workers = new WorkerPool(1)) {
            Converter.toGguf(source, Optional.empty(), file, type, workers, Progress.NONE);
        }
        PackedBatch batch = Goldens.batch(Goldens.json("gemma3/lora.json")
                .get("inputs")
                .get("batches")
                .items()
                .getFirst());
        Function<Rig, Parameters> adapter = rig -> Parameters.adapter(
                rig.gemma,
                AdapterFolder.read(Goldens.path("gemma3/lora_adapter"), rig.gemma.config(), rig.kernels, rig.arena));
        try (Rig quantized = new Rig(file, false, provider, 2, false, adapter);
                Rig decoded = new Rig(file, true, provider, 2, false, adapter)) {
            assertThat(quantized.mean(batch)).isEqualTo(decoded.mean(batch));
            for (Parameter p : decoded.parameters.all()) {
                assertThat(quantized.gradient(p.name())).as(p.name()).isEqualTo(p.read(p.gradient()));
            }
            assertThatThrownBy(() -> Parameters.full(quantized.gemma))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only float32 matrices are trained");
        }
    }
}
