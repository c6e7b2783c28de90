package dev.jemma.tokenizer.training;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TokenizerTrainerTest {
    @ParameterizedTest
    @ValueSource(strings = {"shakespeare2k", "books8k"})
    void theVocabularyIsSentencePiecesOwnPieceForPiece(String name) throws IOException {
        JsonNode record = Golden.json("tokenizer/train/train.json").get(name);
        Vocabulary golden = SentencePieceModel.parse(Golden.bytes("tokenizer/train/" + name + ".model"), name)
                .vocabulary();
        String text = corpus(record);

        Vocabulary ours = train(text, settings(record.get("options"))).vocabulary();

        for (int id = 0; id < golden.size(); id++) {
            assertThat(ours.piece(id)).as("piece %d", id).isEqualTo(golden.piece(id));
        }
        assertThat(ours).isEqualTo(golden);
        Tokenizer tokenizer = new Tokenizer(ours);
        assertThat(tokenizer.encode(text))
                .hasSize(record.get("tokens_of_corpus").asInt());
    }

    private static TrainedTokenizer train(String text, TrainerSettings settings) {
        return TokenizerTrainer.train(texts -> texts.accept(text), settings, 1, TrainingProgress.NONE);
    }

    private static String corpus(JsonNode record) throws IOException {
        StringBuilder all = new StringBuilder();
        for (JsonNode file : record.get("corpus_files")) {
            all.append(Files.readString(Golden.shared("data/text/" + file.asString())));
        }
        // the reference was trained on line ends as Python reads them
        String text = all.toString().replace("\r\n", "\n").replace('\r', '\n');
        byte[] bytes =
                Arrays.copyOf(text.getBytes(UTF_8), record.get("corpus_bytes").asInt());
        assertThat(sha256(bytes)).isEqualTo(record.get("corpus_sha256").asString());
        return new String(bytes, UTF_8);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static TrainerSettings settings(JsonNode options) {
        List<String> userDefined = new ArrayList<>();
        options.get("user_defined_symbols").forEach(piece -> userDefined.add(piece.asString()));
        return TrainerSettings.of(options.get("vocab_size").asInt(), new PieceLayout(userDefined));
    }
}
