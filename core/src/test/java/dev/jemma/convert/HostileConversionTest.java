package dev.jemma.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.JemmaException;
import dev.jemma.format.GgufFile;
import dev.jemma.format.HfFolder;
import dev.jemma.format.Mutations;
import dev.jemma.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged models are converted or refused with a {@link JemmaException}; nothing half-written stays behind. */
class HostileConversionTest {
    private static final int MUTANTS = Integer.getInteger("jemma.fuzz.mutants", 1000) / 10;
    private static final long SEED = Long.getLong("jemma.fuzz.seed", 20_251_123);
    private static final int HEAD_BYTES = 20_000; // keys, vocabulary and tensor infos of the golden file

    @TempDir
    Path temp;

    private int converted;
    private int refused;

    @Test
    void damagedGgufFilesAreConvertedOrRefused() throws IOException {
        byte[] original = Golden.bytes("models/gguf/gemma3-Q4_0.gguf");
        byte[] tail = Arrays.copyOfRange(original, HEAD_BYTES, original.length);
        Mutations mutations = new Mutations(SEED);
        for (int i = 0; i < MUTANTS; i++) {
            byte[] head = mutations.of(Arrays.copyOf(original, HEAD_BYTES));
            byte[] mutant = Arrays.copyOf(head, head.length + tail.length);
            System.arraycopy(tail, 0, mutant, head.length, tail.length);
            Path path = Files.write(temp.resolve("m.gguf"), mutant);
            Path folder = temp.resolve("hf" + i);
            attempt(() -> {
                try (GgufFile file = GgufFile.open(path)) {
                    Converter.quantize(
                            file, temp.resolve("out.gguf"), Quantization.Q4_K_M, new TestWorkers(1), Progress.NONE);
                    Converter.toHuggingFace(file, folder, new TestWorkers(1), Progress.NONE);
                }
            });
        }
        assertThat(refused).isPositive();
        assertThat(converted + refused).isEqualTo(MUTANTS);
    }

    @Test
    void damagedConfigurationsAreConvertedOrRefused() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("model"));
        Files.copy(Golden.path("models/gemma3-ropescale/model.safetensors"), folder.resolve("model.safetensors"));
        byte[] original = Golden.bytes("models/gemma3-ropescale/config.json");
        Mutations mutations = new Mutations(SEED);
        for (int i = 0; i < MUTANTS; i++) {
            Files.write(folder.resolve("config.json"), mutations.of(original));
            attempt(() -> {
                try (HfFolder hf = HfFolder.open(folder)) {
                    Converter.toGguf(
                            hf,
                            Optional.empty(),
                            temp.resolve("out.gguf"),
                            Quantization.KEEP,
                            new TestWorkers(1),
                            Progress.NONE);
                }
            });
        }
        assertThat(refused).isPositive();
        assertThat(converted).isPositive();
    }

    private void attempt(Runnable conversion) throws IOException {
        try {
            conversion.run();
            converted++;
        } catch (JemmaException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            refused++;
        }
        try (var files = Files.list(temp)) {
            assertThat(files.map(path -> path.getFileName().toString())).noneMatch(name -> name.endsWith(".part"));
        }
    }
}
