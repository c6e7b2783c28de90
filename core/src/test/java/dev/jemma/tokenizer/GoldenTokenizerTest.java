package dev.jemma.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.testing.Golden;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Every golden record of the tokenizers, with both vocabularies from all three sources. */
class GoldenTokenizerTest {
    static List<String> all() {
        return Vocabularies.all();
    }

    @ParameterizedTest
    @MethodSource("all")
    void encodesEveryRecordAsPlainTextAndWithSpecialTokens(String which) {
        Tokenizer tokenizer = Vocabularies.tokenizer(which);
        List<JsonNode> records = Golden.jsonl(Vocabularies.golden(which) + "_encode.jsonl");
        assertThat(records).hasSizeGreaterThan(1800);
        for (JsonNode record : records) {
            String text = record.get("text").asString();
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids(record, "ids"));
            assertThat(tokenizer.encode(text, true)).as(text).isEqualTo(ids(record, "ids_special"));
            assertThat(tokenizer.decode(tokenizer.encode(text)))
                    .isEqualTo(record.get("decoded").asString());
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void followsSentencePieceWhereTheLibrariesDisagree(String which) {
        Tokenizer tokenizer = Vocabularies.tokenizer(which);
        for (JsonNode record : Golden.jsonl(Vocabularies.golden(which) + "_disagree.jsonl")) {
            String text = record.get("text").asString();
            assertThat(tokenizer.encode(text)).as(text).isEqualTo(ids(record, "ids_sp"));
            assertThat(tokenizer.encode(text, true)).as(text).isEqualTo(ids(record, "ids_special_sp"));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void encodesAndDecodesWholeDocuments(String which) throws Exception {
        Tokenizer tokenizer = Vocabularies.tokenizer(which);
        for (JsonNode record : Golden.jsonl(Vocabularies.golden(which) + "_documents.jsonl")) {
            int[] ids = tokenizer.encode(record.get("text").asString());
            assertThat(ids).hasSize(record.get("n_ids_sp").asInt());
            ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asIntBuffer().put(ids);
            assertThat(sha256(bytes.array()))
                    .isEqualTo(record.get("ids_sp_sha256").asString());
            assertThat(sha256(tokenizer.decode(ids).getBytes(UTF_8)))
                    .isEqualTo(record.get("decoded_sha256").asString());
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void decodesAsSentencePieceAndShowsOrSkipsSpecialTokensOnRequest(String which) {
        Tokenizer tokenizer = Vocabularies.tokenizer(which);
        int wholeCharacters = 0;
        for (JsonNode record : Golden.jsonl(Vocabularies.golden(which) + "_decode.jsonl")) {
            int[] ids = ids(record, "ids");
            assertThat(tokenizer.decode(ids)).isEqualTo(record.get("decoded_sp").asString());
            // The other library spoils a whole run of bytes for one bad byte; without bad bytes both agree.
            String shown = record.get("decoded").asString();
            if (!shown.contains("\uFFFD")) {
                wholeCharacters++;
                assertThat(tokenizer.decode(ids, SpecialText.SHOW)).isEqualTo(shown);
            }
            String skipped = record.get("decoded_skip_special").asString();
            if (!skipped.contains("\uFFFD")) {
                assertThat(tokenizer.decode(ids, SpecialText.SKIP)).isEqualTo(skipped);
            }
        }
        assertThat(wholeCharacters).isGreaterThan(100);
    }

    @ParameterizedTest
    @MethodSource("all")
    void streamsWholeCharactersThatAddUpToTheDecodedText(String which) {
        Tokenizer tokenizer = Vocabularies.tokenizer(which);
        for (JsonNode record : Golden.jsonl(Vocabularies.golden(which) + "_stream.jsonl")) {
            int[] ids = ids(record, "ids");
            StreamDecoder stream = tokenizer.streamDecoder(SpecialText.ORIGINAL);
            StringBuilder soFar = new StringBuilder();
            for (int k = 0; k < ids.length; k++) {
                String chunk = stream.push(ids[k]);
                soFar.append(chunk);
                assertThat(chunk).isEqualTo(record.get("stream_chunks").get(k).asString(""));
                int[] prefix = Arrays.copyOf(ids, k + 1);
                String expected = record.get("so_far_sp").get(k).asString();
                assertThat(tokenizer.decode(prefix)).isEqualTo(expected);
                assertThat(soFar.toString()).isEqualTo(expected.replaceFirst("\uFFFD+$", ""));
            }
            soFar.append(stream.flush());
            assertThat(soFar.toString()).isEqualTo(tokenizer.decode(ids));
        }
    }

    @Test
    void theThreeSourcesOfAFamilyGiveEqualVocabularies() {
        for (String name : List.of("gemma", "gemma3")) {
            Vocabulary original = Vocabularies.tokenizer(name + " model").vocabulary();
            assertThat(Vocabularies.tokenizer(name + " json").vocabulary()).isEqualTo(original);
            assertThat(Vocabularies.tokenizer(name + " gguf").vocabulary()).isEqualTo(original);
            assertThat(GgufVocabulary.of(original).vocabulary("gguf")).isEqualTo(original);
            assertThat(original.family())
                    .isEqualTo(name.equals("gemma") ? TokenizerFamily.GEMMA_1_2 : TokenizerFamily.GEMMA_3);
        }
    }

    @Test
    void theConverterToGgufStoresWhatTheGoldenReadmeDescribes() {
        for (String name : List.of("gemma", "gemma3")) {
            Vocabulary original = Vocabularies.tokenizer(name + " model").vocabulary();
            GgufVocabulary expected = Vocabularies.asGguf(original);
            GgufVocabulary actual = GgufVocabulary.of(original);
            assertThat(actual.tokens()).isEqualTo(expected.tokens());
            assertThat(actual.scores()).isEqualTo(expected.scores());
            assertThat(actual.types()).isEqualTo(expected.types());
        }
    }

    @Test
    void aModelThatIsWrittenAgainHasTheSameBytes() {
        for (String name : List.of("gemma", "gemma3")) {
            byte[] bytes = Golden.bytes("tokenizer/" + name + ".tokenizer.model.gz");
            assertThat(SentencePieceModel.parse(bytes, name).toBytes()).isEqualTo(bytes);
        }
    }

    private static int[] ids(JsonNode record, String field) {
        int[] ids = new int[record.get(field).size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = record.get(field).get(i).asInt();
        }
        return ids;
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}
