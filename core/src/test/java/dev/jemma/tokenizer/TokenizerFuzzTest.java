package dev.jemma.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.jemma.testing.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random strings against the Hugging Face tokenizers, special tokens parsed (the other library has no switch here to
 * leave them). Strings of the classes in which that library differs from SentencePiece are counted and left out: runs
 * of more than 31 spaces in the old Gemma file, and U+2581 written out beside spaces.
 */
class TokenizerFuzzTest {
    private static final int STRINGS = Integer.getInteger("jemma.fuzz.strings", 100_000);
    private static final Pattern LONG_RUN = Pattern.compile("[ \u2581]{32}");
    private static final Pattern WRITTEN_OUT = Pattern.compile(" \u2581|\u2581 ");

    // First and last characters of what is drawn from: Latin, accents, Greek, Cyrillic, Hebrew, Arabic, Devanagari,
    // Thai,
    // Hangul, kana, Han, symbols, emoji, musical and cuneiform signs, everything.
    private static final int[][] RANGES = {
        {0x20, 0x7E},
        {0xA0, 0x17F},
        {0x300, 0x36F},
        {0x370, 0x3FF},
        {0x400, 0x4FF},
        {0x590, 0x5FF},
        {0x600, 0x6FF},
        {0x900, 0x97F},
        {0xE00, 0xE7F},
        {0xAC00, 0xD7A3},
        {0x3040, 0x30FF},
        {0x4E00, 0x9FFF},
        {0x2000, 0x2BFF},
        {0x1F300, 0x1FAFF},
        {0x12000, 0x123FF},
        {0x1D100, 0x1D1FF},
        {1, 0x1F},
        {0xE000, 0x10FFFF}
    };
    private static final String[] WORDS = {
        "the", " of", "Gemma", "int main(void) {", "\r\n", "<b>", "</code>", "<h1", "<start_of_turn>", "<end_of_turn>",
        "<bos>", "<eos>", "<pad>", "<mask>", "<unused7>", "[multimodal]", "<0x41>", "https://", "3.14159", "\u2581",
        "\u2581\u2581", "e\u0301", "\uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67", "aaaaaaaaaaaa", "....", "\uFFFD"
    };

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gemma", "gemma3"})
    void agreesWithTheHuggingFaceTokenizers(String name) throws Exception {
        Path file =
                Files.write(folder.resolve("tokenizer.json"), Golden.bytes("tokenizer/" + name + ".tokenizer.json.gz"));
        Tokenizer tokenizer = Vocabularies.tokenizer(name + " model");
        int compared = 0;
        int longRuns = 0;
        int writtenOut = 0;
        int plain = 0;
        try (HuggingFaceTokenizer other =
                HuggingFaceTokenizer.newInstance(file, Map.of("addSpecialTokens", "false", "truncation", "false"))) {
            for (int seed = 0; compared < STRINGS && seed < 2 * STRINGS; seed++) {
                String text = randomText(new Random(seed), tokenizer);
                if (name.equals("gemma") && LONG_RUN.matcher(text).find()) {
                    longRuns++;
                    continue;
                }
                if (WRITTEN_OUT.matcher(text).find()) {
                    writtenOut++;
                    continue;
                }
                long[] theirs = other.encode(text, false, false).getIds();
                int[] ours = tokenizer.encode(text, true);
                assertThat(Arrays.stream(ours).asLongStream().toArray())
                        .as("seed %d: %s", seed, escaped(text))
                        .isEqualTo(theirs);
                compared++;
                if (Arrays.stream(ours).noneMatch(tokenizer.special()::isSpecial)) {
                    assertThat(tokenizer.encode(text)).isEqualTo(ours);
                    plain++;
                }
            }
        }
        System.out.println(
                name + ": " + compared + " strings agree (" + plain + " of them also as plain text); left out: "
                        + longRuns + " with runs of more than 31 spaces, " + writtenOut + " with U+2581 beside spaces");
        assertThat(compared).isEqualTo(STRINGS);
    }

    private static String randomText(Random random, Tokenizer tokenizer) {
        StringBuilder text = new StringBuilder();
        int[] range = RANGES[random.nextInt(RANGES.length)];
        int parts = 1 + random.nextInt(30);
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(10)) {
                case 0 -> text.append(WORDS[random.nextInt(WORDS.length)]);
                case 1 -> text.append(" ".repeat(random.nextInt(random.nextInt(20) == 0 ? 70 : 6)));
                case 2 -> text.append("\n\t\r".substring(random.nextInt(3)).repeat(random.nextInt(4)));
                case 3 -> text.append((random.nextBoolean() ? "\n" : "\t").repeat(random.nextInt(40)));
                case 4, 5 ->
                    text.append(tokenizer
                            .piece(random.nextInt(tokenizer.vocabularySize()))
                            .replace('\u2581', ' '));
                case 6 -> text.append(random.nextInt(100_000));
                case 7 -> text.append(' ');
                default -> {
                    for (int k = random.nextInt(8); k >= 0; k--) {
                        int codePoint = range[0] + random.nextInt(range[1] - range[0] + 1);
                        text.appendCodePoint(codePoint >= 0xD800 && codePoint < 0xE000 ? 'x' : codePoint);
                    }
                }
            }
        }
        return text.toString();
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars().forEach(c -> escaped.append(c >= ' ' && c < 127 ? (char) c : String.format("\\u%04x", c)));
        return escaped.toString();
    }
}
