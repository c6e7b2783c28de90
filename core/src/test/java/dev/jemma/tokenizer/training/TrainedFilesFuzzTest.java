package dev.jemma.tokenizer.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A trained {@code tokenizer.json} in the Hugging Face tokenizers; the ids must be ours on every string. */
class TrainedFilesFuzzTest {
    private static final int STRINGS = Integer.getInteger("jemma.fuzz.strings", 100_000);

    @TempDir
    Path folder;

    @Test
    void theHuggingFaceTokenizersGiveOurIds() throws Exception {
        TrainedTokenizer trained = TrainedFilesTest.trainedOnGolden();
        trained.write(folder, List.of());
        Tokenizer ours = Tokenizer.read(folder.resolve("tokenizer.model"));
        try (HuggingFaceTokenizer other = HuggingFaceTokenizer.newInstance(
                folder.resolve("tokenizer.json"), Map.of("addSpecialTokens", "false", "truncation", "false"))) {
            for (int seed = 0; seed < STRINGS; seed++) {
                String text = TrainedFilesTest.randomText(new Random(seed), trained);
                assertThat(other.encode(text, false, false).getIds())
                        .as("seed %d: %s", seed, text)
                        .isEqualTo(Arrays.stream(ours.encode(text, true))
                                .asLongStream()
                                .toArray());
            }
        }
    }
}
