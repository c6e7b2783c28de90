package dev.jemma.tokenizer.training;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.chat.ChatTemplate;
import dev.jemma.chat.Message;
import dev.jemma.testing.Golden;
import dev.jemma.tokenizer.SentencePieceModel;
import dev.jemma.tokenizer.SpecialTokens;
import dev.jemma.tokenizer.Tokenizer;
import dev.jemma.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
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

    @Test
    void everySettingDoesWhatItDoesInSentencePiece() {
        JsonNode golden = Golden.json("tokenizer/train/mixed.json");
        String text = golden.get("text").asString();
        for (JsonNode variant : golden.get("variants")) {
            TrainerSettings settings = settings(variant);
            Vocabulary ours = train(text, settings).vocabulary();
            List<String> learned = IntStream.range(settings.layout().size(), ours.size())
                    .mapToObj(ours::piece)
                    .toList();
            assertThat(learned)
                    .as(variant.get("name").asString())
                    .isEqualTo(variant.get("learned")
                            .valueStream()
                            .map(JsonNode::asString)
                            .toList());
        }
    }

    @Test
    void theSettingsAreWrittenAsSentencePieceWritesThem() {
        SentencePieceModel golden =
                SentencePieceModel.parse(Golden.bytes("tokenizer/train/shakespeare2k.model"), "shakespeare2k");
        List<String> userDefined =
                IntStream.range(4, 21).mapToObj(golden.vocabulary()::piece).toList();

        byte[] ours = TrainerSettings.of(2000, new PieceLayout(userDefined))
                .trainerSpec(List.of("shakespeare2k.txt"), "shakespeare2k");

        // field 18, the longest line: the reference had a million bytes, we have no limit, which is 1 << 30
        String expected = HexFormat.of().formatHex(golden.trainerSpec()).replace("9001c0843d", "90018080808004");
        assertThat(HexFormat.of().formatHex(ours)).isEqualTo(expected);
    }

    @Test
    void theResultDoesNotDependOnThreadsNorOnHowTheTextIsCut() {
        String text =
                Golden.json("tokenizer/train/mixed.json").get("text").asString().repeat(40); // several parts
        TrainerSettings settings = TrainerSettings.of(1000, PieceLayout.gemma());
        TextSource whole = texts -> texts.accept(text);
        TextSource byLine = texts -> text.lines().forEach(texts);

        Vocabulary one = TokenizerTrainer.train(whole, settings, 1, TrainingProgress.NONE)
                .vocabulary();

        assertThat(TokenizerTrainer.train(byLine, settings, 1, TrainingProgress.NONE)
                        .vocabulary())
                .isEqualTo(one);
        assertThat(TokenizerTrainer.train(byLine, settings, 5, TrainingProgress.NONE)
                        .vocabulary())
                .isEqualTo(one);
    }

    @Test
    void rareWordsAreDroppedWhereWordsAreTooManyAndThreadsDoNotMatterThen() {
        TextSource source = texts -> {
            Random random = new Random(1);
            for (int part = 0; part < 6; part++) {
                StringBuilder text = new StringBuilder();
                while (text.length() < 1 << 20) { // a part of its own for the counter
                    text.append("the same words again, and ")
                            .append(Long.toString(random.nextLong(1L << 40), 26))
                            .append('\n');
                }
                texts.accept(text.toString());
            }
        };
        TrainerSettings settings = new TrainerSettings(319, PieceLayout.gemma(), 1, "", 16, true, true, true, 1 << 16);

        TrainedTokenizer one = TokenizerTrainer.train(source, settings, 1, TrainingProgress.NONE);
        TrainedTokenizer four = TokenizerTrainer.train(source, settings, 4, TrainingProgress.NONE);

        assertThat(one.words()).isLessThan(1 << 13);
        assertThat(one.vocabulary().find("\u2581words")).isPresent();
        assertThat(four).isEqualTo(one);
    }

    @Test
    void aTextThatIsTooSmallOrTooVariedIsRefusedWithWhatToDo() {
        TrainerSettings settings = TrainerSettings.of(300, PieceLayout.plain());

        assertThatThrownBy(() -> train("", settings)).hasMessageContaining("no text to learn from");
        assertThatThrownBy(() -> train("\n\n", settings)).hasMessageContaining("no text to learn from");
        assertThatThrownBy(() -> train("ab ab ab", settings))
                .isInstanceOf(JemmaException.class)
                .hasMessage("a vocabulary of 300 is too large for this text, which gives 265 pieces and no more;"
                        + " take a smaller one or more text");
        String varied =
                IntStream.range(0x4E00, 0x4F00).mapToObj(Character::toString).collect(Collectors.joining());
        assertThatThrownBy(() -> train(varied, settings))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("too small")
                .hasMessageContaining("256 single characters");
    }

    @Test
    void whatCannotBeLearnedIsLeftOut() {
        String odd = "ab\0cd \uD800 ef ab cd ef\n" + "\u2585 never seen\n" + "x".repeat(300_000) + "\n";

        TrainedTokenizer trained =
                train(odd, new TrainerSettings(275, PieceLayout.plain(), 1, "", 16, true, true, true, 1 << 20));

        assertThat(trained.skippedLines()).isEqualTo(1);
        assertThat(trained.vocabulary().find("v")).isEmpty();
        assertThat(trained.vocabulary().find("\0")).isEmpty();
        assertThat(trained.vocabulary().find("xxxxxxxx")).isPresent();
        Tokenizer tokenizer = new Tokenizer(trained.vocabulary());
        assertThat(tokenizer.decode(tokenizer.encode("never a\0b"))).isEqualTo("never a\0b");
    }

    @Test
    void settingsOutOfRangeAreNamed() {
        assertThatThrownBy(() -> TrainerSettings.of(260, PieceLayout.plain())).hasMessageContaining("no room to learn");
        assertThatThrownBy(() -> PieceLayout.gemma().with(List.of("<mask>"))).hasMessageContaining("there already");
        assertThatThrownBy(() -> PieceLayout.plain().with(List.of("<0x41>"))).hasMessageContaining("there already");
        assertThatThrownBy(() -> PieceLayout.plain().with(List.of(""))).hasMessageContaining("characters, not 0");
        assertThatThrownBy(() -> new TrainerSettings(400, PieceLayout.plain(), 0.5, "", 16, true, true, true, 1 << 20))
                .hasMessageContaining("coverage");
        assertThatThrownBy(() ->
                        new TrainerSettings(400, PieceLayout.plain(), Double.NaN, "", 16, true, true, true, 1 << 20))
                .hasMessageContaining("coverage");
        assertThatThrownBy(
                        () -> new TrainerSettings(400, PieceLayout.plain(), 1, "\u2585", 16, true, true, true, 1 << 20))
                .hasMessageContaining("U+2585");
    }

    @Test
    void anInterruptedThreadStopsTraining() {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> train("some text", TrainerSettings.of(300, PieceLayout.plain())))
                    .isInstanceOf(CancellationException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void chatsAndControlTokensWorkWithTheGemmaLayout() {
        String text = Golden.json("tokenizer/train/mixed.json").get("text").asString();
        Tokenizer tokenizer = new Tokenizer(
                train(text, TrainerSettings.of(1000, PieceLayout.gemma().withUnused(2)))
                        .vocabulary());

        SpecialTokens special = tokenizer.special();
        assertThat(new int[] {special.pad(), special.eos(), special.bos(), special.unknown()})
                .containsExactly(0, 1, 2, 3);
        assertThat(tokenizer.vocabulary().find("<mask>")).hasValue(4);
        assertThat(tokenizer.vocabulary().find("<unused1>")).isPresent();
        for (ChatTemplate template : List.of(ChatTemplate.GEMMA, ChatTemplate.GEMMA_3)) {
            assertThat(template.fits(tokenizer)).isTrue();
            int[] ids = template.encode(tokenizer, List.of(Message.user("<end_of_turn> a")), true);
            assertThat(ids).startsWith(2, 5).contains(6);
            assertThat(IntStream.of(ids).filter(id -> id == 6).count()).isEqualTo(1); // typed ones are text
            assertThat(template.stopTokens(tokenizer)).contains(1, 6);
        }
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
        List<String> userDefined = options.get("user_defined_symbols")
                .valueStream()
                .map(JsonNode::asString)
                .toList();
        TrainerSettings usual = TrainerSettings.of(options.get("vocab_size").asInt(), new PieceLayout(userDefined));
        return new TrainerSettings(
                usual.vocabularySize(),
                usual.layout(),
                options.get("character_coverage").asDouble(),
                options.path("required_chars").asString(""),
                options.path("max_sentencepiece_length").asInt(usual.maxPieceLength()),
                options.get("split_digits").asBoolean(),
                options.get("split_by_number").asBoolean(),
                options.get("split_by_unicode_script").asBoolean(),
                usual.maxWordCharacters());
    }
}
