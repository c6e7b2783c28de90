package dev.jemma.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.JemmaException;
import dev.jemma.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged model files, from the file to a generated token: each ends in an error of ours or in a model that runs.
 * {@code -Djemma.fuzz.models=N} tries more of them.
 */
class HostileModelTest {
    private static final int MUTANTS = Integer.getInteger("jemma.fuzz.models", 150);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gemma1-mqa-F32.gguf", "gemma3-Q4_0.gguf", "gemma2-F32.gguf"})
    void aDamagedGgufEndsInAClearErrorOrRuns(String name) throws IOException {
        byte[] good = Files.readAllBytes(Golden.path("models/gguf/" + name));
        Random random = new Random(name.hashCode());
        Path file = folder.resolve("m.gguf");
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] bad = good.clone();
            // the header holds what can be misread; data is only numbers
            int header = Math.min(bad.length, 24_000);
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bad[random.nextInt(header)] = (byte) (random.nextBoolean() ? random.nextInt(256) : 0xFF);
            }
            if (random.nextInt(8) == 0) {
                bad = java.util.Arrays.copyOf(bad, random.nextInt(bad.length));
            }
            Files.write(file, bad);
            refused += open(file) ? 0 : 1;
        }
        assertThat(refused).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "generation_config.json", "model.safetensors"})
    void aDamagedFolderEndsInAClearErrorOrRuns(String damaged) throws IOException {
        try (Stream<Path> files = Files.list(Golden.path("models/gemma3"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Files.copy(Golden.path("models/tokenizer/tokenizer.model"), folder.resolve("tokenizer.model"));
        Files.writeString(
                folder.resolve("generation_config.json"),
                "{\"do_sample\": true, \"temperature\": 0.7, \"top_k\": 64, \"top_p\": 0.95, \"eos_token_id\": [1, 106]}");
        Path file = folder.resolve(damaged);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(damaged.hashCode());
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            byte[] bad = good.clone();
            int header = Math.min(bad.length, 9_000);
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                bad[random.nextInt(header)] = (byte) "0123456789-.eE\"{}[]:,xtn".charAt(random.nextInt(24));
            }
            Files.write(file, bad);
            refused += open(folder) ? 0 : 1;
        }
        assertThat(refused).isPositive();
    }

    private static boolean open(Path path) {
        ModelOptions options =
                ModelOptions.builder().threads(1).kvBudgetBytes(8L << 20).build();
        try (LanguageModel model = LanguageModel.open(path, options)) {
            List<Completion> answer = model.generate(GenerationRequest.greedy(new int[] {2}, 2, Set.of()), _ -> {})
                    .await();
            assertThat(answer).hasSize(1);
            return true;
        } catch (JemmaException e) {
            assertThat(e.getMessage()).doesNotContain("\n").hasSizeLessThan(1000);
            return false;
        }
    }
}
