package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.format.FormatException;
import dev.jemma.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile files end in a {@link FormatException} or in a tokenizer that works, never in anything else. */
class HostileTokenizerFilesTest {
    private static final int MUTATIONS = Integer.getInteger("jemma.fuzz.mutants", 4000);
    private static final String TEXT = "Hello  world, \u00e9\ud83d\ude00<start_of_turn>\n\tthe year 1861";

    private static final byte[] MODEL = Golden.bytes("models/tokenizer/tokenizer.model");
    private static final byte[] JSON =
            json(SentencePieceModel.parse(MODEL, "tiny").vocabulary()).getBytes(UTF_8);

    @Test
    void theJsonOfThisTestLoadsAsTheModelItWasMadeFrom() {
        Tokenizer model = new Tokenizer(SentencePieceModel.parse(MODEL, "tiny").vocabulary());
        Tokenizer json = new Tokenizer(TokenizerJson.parse(JSON, "tiny"));
        assertThat(json.encode(TEXT)).isEqualTo(model.encode(TEXT));
        assertThat(json.encode(TEXT, true)).isEqualTo(model.encode(TEXT, true));
        byte[] mergesFirst = new String(JSON, UTF_8)
                .replaceFirst("(\"vocab\":\\{.*}),(\"merges\":\\[.*])", "$2,$1")
                .getBytes(UTF_8);
        assertThat(mergesFirst).isNotEqualTo(JSON);
        assertThat(TokenizerJson.parse(mergesFirst, "tiny")).isEqualTo(TokenizerJson.parse(JSON, "tiny"));
    }

    @Test
    void piecesInMessagesCannotBreakTheLine() {
        GgufVocabulary hostile =
                new GgufVocabulary(List.of("a", "<0x\n\u001b[2J>"), new float[2], new int[] {1, PieceType.BYTE.code()});
        assertThatThrownBy(() -> hostile.vocabulary("m.gguf"))
                .isInstanceOf(FormatException.class)
                .message()
                .contains("piece 1")
                .doesNotContain("\n", "\u001b");
    }

    @Test
    @Timeout(300)
    void mutatedModelsEndInAnErrorOrLoad() {
        mutate(MODEL, (bytes, name) -> SentencePieceModel.parse(bytes, name).vocabulary());
    }

    @Test
    @Timeout(300)
    void mutatedJsonEndsInAnErrorOrLoads() {
        mutate(JSON, TokenizerJson::parse);
    }

    private static void mutate(byte[] good, BiFunction<byte[], String, Vocabulary> load) {
        int loaded = 0;
        for (int seed = 0; seed < MUTATIONS; seed++) {
            Random random = new Random(seed);
            byte[] bytes = good.clone();
            if (seed % 4 == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
                int at = random.nextInt(bytes.length);
                switch (random.nextInt(4)) {
                    case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> bytes[at] = (byte) random.nextInt(256);
                    case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + random.nextInt(12)), (byte) 0xFF);
                    default -> {
                        int from = random.nextInt(bytes.length);
                        int length = Math.min(random.nextInt(40), bytes.length - Math.max(at, from));
                        System.arraycopy(bytes, from, bytes, at, length);
                    }
                }
            }
            try {
                Tokenizer tokenizer = new Tokenizer(load.apply(bytes, "mutation " + seed));
                tokenizer.decode(tokenizer.encode(TEXT, true));
                loaded++;
            } catch (FormatException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
        assertThat(loaded).isBetween(1, MUTATIONS - 1);
    }

    @Test
    void lengthsThatLieAreNotBelieved() {
        for (byte[] bytes : List.of(
                new byte[] {0x0A, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x07},
                new byte[] {
                    0x0A,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    (byte) 0xFF,
                    0x01
                },
                new byte[] {0x0A, 0x03, 0x0A, 0x7F, 'a'},
                new byte[] {(byte) 0x80},
                new byte[] {0x0D, 1, 2},
                new byte[] {0x03},
                new byte[] {0x00, 0x00})) {
            assertThatThrownBy(() -> SentencePieceModel.parse(bytes, "lie")).isInstanceOf(FormatException.class);
        }
    }

    @Test
    void anEmptyVocabularyIsRefused() {
        assertThatThrownBy(() -> SentencePieceModel.parse(new byte[0], "empty"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("empty");
        assertThatThrownBy(() -> TokenizerJson.parse(model("{}", "[]").getBytes(UTF_8), "empty"))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> new GgufVocabulary(List.of(), new float[0], new int[0]).vocabulary("empty"))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void equalPiecesAreRefusedByName() {
        GgufVocabulary twins = new GgufVocabulary(List.of("a", "<unk>", "a"), new float[3], new int[] {1, 2, 1});
        assertThatThrownBy(() -> twins.vocabulary("f.gguf"))
                .isInstanceOf(FormatException.class)
                .hasMessage("f.gguf: pieces 0 and 2 are both \"a\"");
        assertThatThrownBy(() ->
                        TokenizerJson.parse(model("{\"a\":0,\"a\":1}", "[]").getBytes(UTF_8), "j"))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() ->
                        TokenizerJson.parse(model("{\"a\":0,\"b\":0}", "[]").getBytes(UTF_8), "j"))
                .isInstanceOf(FormatException.class);
    }

    @Test
    void aVocabularyThatCannotWriteEveryTextIsRefused() {
        assertThatThrownBy(() -> TokenizerJson.parse(model("{\"a\":0}", "[]").getBytes(UTF_8), "j"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("every byte");
        assertThatThrownBy(() -> new GgufVocabulary(List.of("a"), new float[1], new int[] {6}).vocabulary("g"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("<0xHH>");
        Vocabulary unknown = new GgufVocabulary(List.of("<unk>", "a"), new float[2], new int[] {2, 1}).vocabulary("g");
        assertThat(new Tokenizer(unknown).encode("aba")).containsExactly(1, 0, 1);
    }

    @Test
    void aFolderOrFileThatIsNotThereIsNamed(@TempDir Path folder) throws Exception {
        assertThatThrownBy(() -> Tokenizer.read(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(folder.toString());
        assertThatThrownBy(() -> Tokenizer.read(folder.resolve("tokenizer.json")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("tokenizer.json");
        Files.write(folder.resolve("tokenizer.model"), MODEL);
        assertThat(Tokenizer.read(folder).vocabularySize()).isEqualTo(512);
        Files.write(folder.resolve("tokenizer.json"), JSON);
        assertThat(Tokenizer.read(folder).encode(TEXT)).isNotEmpty();
    }

    @Test
    void mergesThatGoInCirclesOrNowhereDoNoHarm() {
        String merges = "[\"a b\",\"b a\",\"ab ab\",\"abab \",\" a\",[\"x\",\"y\"],\"a b\",[\"\",\"\"]]";
        Vocabulary vocabulary = TokenizerJson.parse(
                model("{\"a\":0,\"b\":1,\"ab\":2,\"ba\":3,\"abab\":4,\"<unk>\":5}", merges)
                        .getBytes(UTF_8),
                "circles");
        assertThat(new Tokenizer(vocabulary).encode("ababa")).containsExactly(4, 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{",
                "{}",
                "{\"model\":null}",
                "{\"model\":{\"type\":\"Unigram\",\"byte_fallback\":true}}",
                "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":false}}",
                "{\"normalizer\":{\"type\":\"NFC\"},\"model\":{}}",
                "{\"pre_tokenizer\":{\"type\":\"ByteLevel\"},\"model\":{}}",
                "{\"model\":{\"vocab\":{\"a\":-1}}}",
                "{\"model\":{\"vocab\":{\"a\":900000}}}",
                "{\"model\":{\"vocab\":{\"a\":99999999999999}}}",
                "{\"model\":{\"vocab\":{\"a\":1.5}}}",
                "{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"ab\"]}}",
                "{\"model\":{\"vocab\":{\"a\":0},\"merges\":[[\"a\"]]}}",
                "{\"model\":{\"vocab\":{\"a\":0},\"merges\":[[\"a\",\"b\",\"c\"]]}}",
                "{\"added_tokens\":[{\"content\":\"x\"}],\"model\":{}}",
                "{\"added_tokens\":[{\"id\":800000,\"content\":\"x\"}],\"model\":{\"byte_fallback\":true}}",
                "\u0000\u0001\u0002"
            })
    void jsonThatIsNoTokenizerIsRefused(String json) {
        assertThatThrownBy(() -> TokenizerJson.parse(json.getBytes(UTF_8), "x.json"))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("x.json");
    }

    @Test
    void deepNestingIsRefused() {
        for (String open : List.of("[", "{\"a\":")) {
            String deep = "{\"extra\":" + open.repeat(100_000);
            assertThatThrownBy(() -> TokenizerJson.parse(deep.getBytes(UTF_8), "deep"))
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void thePieceOfGreatestLengthIsStillFound() {
        for (String letter : List.of("a", "\uFFFD")) {
            Vocabulary.Builder pieces = new Vocabulary.Builder("long").add("<unk>", 0, PieceType.UNKNOWN);
            for (int length = 1; length <= 255; length++) {
                pieces.add(letter.repeat(length), length, PieceType.NORMAL);
            }
            assertThat(new Tokenizer(pieces.build()).encode(letter.repeat(255 * 3)))
                    .containsExactly(new NaiveSentencePiece(pieces.build())
                            .encode(letter.repeat(255 * 3)).stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray())
                    .contains(255);
        }
    }

    @Test
    void piecesWithoutAUsefulScoreOrLengthAreRefused() {
        assertThatThrownBy(() -> new Vocabulary.Builder("b").add("a", Float.NaN, PieceType.NORMAL))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> new Vocabulary.Builder("b").add("a".repeat(300), 0, PieceType.NORMAL))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> new GgufVocabulary(List.of("a"), new float[1], new int[] {7}).vocabulary("g"))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(() -> new GgufVocabulary(List.of("a"), new float[2], new int[] {1}).vocabulary("g"))
                .isInstanceOf(FormatException.class);
    }

    private static String model(String vocabulary, String merges) {
        return "{\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,\"vocab\":" + vocabulary + ",\"merges\":" + merges
                + "}}";
    }

    // A tokenizer.json for a vocabulary: merges are all splits of its pieces, by falling score.
    private static String json(Vocabulary vocabulary) {
        StringBuilder added = new StringBuilder();
        StringBuilder pieces = new StringBuilder();
        StringBuilder merges = new StringBuilder();
        for (int id = 0; id < vocabulary.size(); id++) {
            String piece = vocabulary.piece(id);
            PieceType type = vocabulary.type(id);
            pieces.append(id == 0 ? "" : ",").append(quoted(piece)).append(':').append(id);
            if (type == PieceType.NORMAL) {
                for (int at = 1; at < piece.length(); at++) {
                    String left = piece.substring(0, at);
                    String right = piece.substring(at);
                    if (vocabulary.find(left).isPresent()
                            && vocabulary.find(right).isPresent()) {
                        merges.append(merges.isEmpty() ? "" : ",").append(quoted(left + " " + right));
                    }
                }
            } else if (type != PieceType.BYTE) {
                added.append(added.isEmpty() ? "" : ",")
                        .append("{\"id\":" + id + ",\"content\":" + quoted(piece) + ",\"special\":"
                                + (type != PieceType.USER_DEFINED) + "}");
            }
        }
        return "{\"added_tokens\":[" + added + "],\"normalizer\":{\"type\":\"Replace\"}," + "\"pre_tokenizer\":null,"
                + model("{" + pieces + "}", "[" + merges + "]").substring(1);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
