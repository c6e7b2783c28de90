package dev.jemma.tokenizer.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainedFilesTest {
    private static TrainedTokenizer trained;

    @TempDir
    Path folder;

    @BeforeAll
    static void train() {
        trained = trainedOnGolden();
    }

    static TrainedTokenizer trainedOnGolden() {
        String text = Golden.json("tokenizer/train/mixed.json").get("text").asString();
        TrainerSettings settings = TrainerSettings.of(1000, PieceLayout.gemma().with(List.of("<b>", "th")));
        return TokenizerTrainer.train(texts -> texts.accept(text), settings, 2, TrainingProgress.NONE);
    }

    @Test
    void theModelReadsBackAsItWasTrained() throws Exception {
        trained.write(folder, List.of("mixed.txt"));

        SentencePieceModel read = SentencePieceModel.read(folder.resolve("tokenizer.model"));

        assertThat(read.vocabulary()).isEqualTo(trained.vocabulary());
        assertThat(read.trainerSpec()).isEqualTo(trained.settings().trainerSpec(List.of("mixed.txt"), "tokenizer"));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("tokenizer.json", "tokenizer.model");
        }
    }

    @Test
    void bothFilesGiveTheSameIds() {
        trained.write(folder, List.of());
        Tokenizer model = Tokenizer.read(folder.resolve("tokenizer.model"));
        Tokenizer json = Tokenizer.read(folder.resolve("tokenizer.json"));
        for (int seed = 0; seed < 3000; seed++) {
            String text = randomText(new Random(seed), trained);
            assertThat(json.encode(text, true)).as("seed %d: %s", seed, text).isEqualTo(model.encode(text, true));
            assertThat(json.encode(text)).as("seed %d: %s", seed, text).isEqualTo(model.encode(text));
        }
    }

    static String randomText(Random random, TrainedTokenizer trained) {
        StringBuilder text = new StringBuilder();
        for (int parts = 1 + random.nextInt(25); parts > 0; parts--) {
            switch (random.nextInt(8)) {
                case 0 -> text.append(" ".repeat(random.nextInt(50)));
                case 1 -> text.append((random.nextBoolean() ? "\n" : "\t").repeat(random.nextInt(9)));
                case 2 -> text.append(random.nextInt(10_000));
                case 3 ->
                    text.append(List.of("<b>", "th", "<mask>", "<start_of_turn>", "<bos>", "\u2581\u2581", "<0x41>")
                            .get(random.nextInt(7)));
                case 4 -> text.appendCodePoint(0xA1 + random.nextInt(0xD000));
                default ->
                    text.append(trained.vocabulary()
                            .piece(286 + random.nextInt(trained.vocabulary().size() - 286))
                            .replace('\u2581', ' '));
            }
        }
        return text.toString();
    }
}
