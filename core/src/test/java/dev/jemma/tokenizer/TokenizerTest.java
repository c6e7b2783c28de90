package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.testing.Golden;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TokenizerTest {
    private static final Tokenizer TINY =
            new Tokenizer(SentencePieceModel.read(Golden.path("models/tokenizer/tokenizer.model"))
                    .vocabulary());

    @Test
    void aGenericModelEncodesAndDecodesItsSamples() {
        assertThat(TINY.family()).isEqualTo(TokenizerFamily.GENERIC);
        assertThat(TINY.vocabularySize()).isEqualTo(512);
        for (JsonNode sample : Golden.json("models/tokenizer/samples.json")) {
            int[] ids =
                    sample.get("ids").valueStream().mapToInt(JsonNode::asInt).toArray();
            boolean turns = sample.get("text").asString().contains("_of_turn>");
            assertThat(TINY.encode(sample.get("text").asString(), turns)).isEqualTo(ids);
            assertThat(TINY.decode(ids)).isEqualTo(sample.get("decoded").asString());
            assertThat(IntStream.of(ids).mapToObj(TINY::piece).toList())
                    .isEqualTo(sample.get("pieces")
                            .valueStream()
                            .map(JsonNode::asString)
                            .toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"shakespeare2k", "books8k"})
    void modelsTrainedBySentencePieceEncodeTheirLines(String name) {
        Tokenizer tokenizer = new Tokenizer(SentencePieceModel.read(Golden.path("tokenizer/train/" + name + ".model"))
                .vocabulary());
        for (JsonNode record : Golden.jsonl("tokenizer/train/" + name + "_encode.jsonl")) {
            int[] ids =
                    record.get("ids").valueStream().mapToInt(JsonNode::asInt).toArray();
            boolean turns = record.get("text").asString().contains("_of_turn>");
            assertThat(tokenizer.encode(record.get("text").asString(), turns)).isEqualTo(ids);
        }
    }

    @Test
    void agreesWithTheNaiveTwinOnRandomVocabulariesAndTexts() {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            Vocabulary vocabulary = randomVocabulary(random);
            Tokenizer tokenizer = new Tokenizer(vocabulary);
            NaiveSentencePiece twin = new NaiveSentencePiece(vocabulary);
            for (int length : new int[] {0, 1, 2, 5, 20, 60, 200}) {
                String text = randomText(random, length);
                assertThat(tokenizer.encode(text))
                        .as("seed %d, text \"%s\"", seed, text)
                        .containsExactly(twin.encode(text).stream()
                                .mapToInt(Integer::intValue)
                                .toArray());
            }
        }
    }

    @Test
    void agreesWithTheNaiveTwinOnStretchesLongerThanAWindow() {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            Vocabulary vocabulary = randomVocabulary(random);
            int period = 1 + random.nextInt(7);
            String part = randomText(random, period).replace(" ", "a").replace("\n", "b");
            String text = seed % 3 == 0
                    ? randomText(random, 5000).replaceAll("[^abc]", "a")
                    : part.repeat(5000 / period) + "c" + part.repeat(200);
            assertThat(new Tokenizer(vocabulary).encode(text))
                    .as("seed %d", seed)
                    .containsExactly(new NaiveSentencePiece(vocabulary)
                            .encode(text).stream().mapToInt(Integer::intValue).toArray());
        }
    }

    // Few letters, so that pieces overlap in every way; scores with many ties.
    private static Vocabulary randomVocabulary(Random random) {
        Vocabulary.Builder pieces = new Vocabulary.Builder("random");
        pieces.add("<unk>", 0, PieceType.UNKNOWN);
        for (int b = 0; b < 256; b++) {
            pieces.add(Vocabulary.bytePiece(b), 0, PieceType.BYTE);
        }
        Set<String> texts = new LinkedHashSet<>(List.of("a", "b", "\u2581"));
        int count = 3 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            texts.add(randomText(random, 1 + random.nextInt(i % 5 == 0 ? 9 : 3)).replace(' ', '\u2581'));
        }
        int ties = 1 + random.nextInt(20);
        for (String text : texts) {
            boolean whole = text.contains("\n") || random.nextInt(12) == 0;
            pieces.add(text, -random.nextInt(ties), whole ? PieceType.USER_DEFINED : PieceType.NORMAL);
        }
        return pieces.build();
    }

    private static String randomText(Random random, int length) {
        String[] letters = {"a", "a", "a", "b", "b", "c", " ", "\u00e9", "\ud83d\ude00", "\n"};
        int kinds = 2 + random.nextInt(letters.length - 1);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(letters[random.nextInt(kinds)]);
        }
        return text.toString();
    }

    @Test
    void halfASurrogatePairIsAReplacementCharacter() {
        int[] replacement = TINY.encode("a\uFFFDb");
        assertThat(TINY.encode("a\ud83db")).isEqualTo(replacement);
        assertThat(TINY.encode("a\ude00b")).isEqualTo(replacement);
        assertThat(TINY.encode("\ud83d")).isEqualTo(TINY.encode("\uFFFD"));
        assertThat(TINY.encode("\ude00\ud83d\ud83d\ude00")).isEqualTo(TINY.encode("\uFFFD\uFFFD\ud83d\ude00"));
    }

    @Test
    void anEmptyTextHasNoIdsAndBosComesOnRequest() {
        assertThat(TINY.encode("")).isEmpty();
        assertThat(TINY.decode(new int[0])).isEmpty();
        assertThat(TINY.withBos(TINY.encode(""))).containsExactly(TINY.special().bos());
    }

    @Test
    void specialTokensAreTextUnlessAskedFor() {
        int start = TINY.special().startOfTurn();
        assertThat(TINY.encode("<start_of_turn>user<eos>"))
                .doesNotContain(start, TINY.special().eos());
        assertThat(TINY.encode("<start_of_turn>user<eos>", true))
                .startsWith(start)
                .endsWith(TINY.special().eos());
    }

    @Test
    void anIdOutsideTheVocabularyIsNamedInTheError() {
        assertThatThrownBy(() -> TINY.decode(new int[] {512}))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("512");
        assertThatThrownBy(() -> TINY.piece(-1)).isInstanceOf(JemmaException.class);
    }

    @Test
    void streamingEqualsDecodingForRandomIds() {
        Random random = new Random(5);
        for (int round = 0; round < 2000; round++) {
            int[] ids = random.ints(1 + random.nextInt(30), 0, 512).toArray();
            for (SpecialText special : SpecialText.values()) {
                StreamDecoder stream = TINY.streamDecoder(special);
                StringBuilder text = new StringBuilder();
                for (int id : ids) {
                    String chunk = stream.push(id);
                    assertThat(UTF_8.newEncoder().canEncode(chunk)).isTrue();
                    text.append(chunk);
                }
                text.append(stream.flush());
                assertThat(text.toString()).isEqualTo(TINY.decode(ids, special));
            }
        }
    }

    @Test
    void manyThreadsShareATokenizer() {
        String text = "Shared words, shared pieces: the cat and the hat. ".repeat(50);
        int[] expected = TINY.encode(text);
        boolean same = IntStream.range(0, 64).parallel().allMatch(_ -> Arrays.equals(TINY.encode(text), expected));
        assertThat(same).isTrue();
    }

    @Test
    @Timeout(300) // generous: a quadratic tokenizer would need days
    void aLineOfTenMegabytesWithoutSpacesEnds() {
        Tokenizer tokenizer = Vocabularies.tokenizer("gemma3 model");
        String[] lines = {
            "a".repeat(10_000_000),
            random(10_000_000, 'a', 26),
            random(10_000_000, '!', 94),
            "<unused".repeat(1_400_000),
            " ".repeat(10_000_000)
        };
        for (String line : lines) {
            int[] ids = tokenizer.encode(line);
            assertThat(ids).hasSizeLessThanOrEqualTo(line.length());
            assertThat(tokenizer.decode(ids)).isEqualTo(line);
        }
    }

    private static String random(int length, char first, int range) {
        byte[] text = new byte[length];
        Random random = new Random(7);
        for (int i = 0; i < length; i++) {
            text[i] = (byte) (first + random.nextInt(range));
        }
        return new String(text, UTF_8);
    }
}
