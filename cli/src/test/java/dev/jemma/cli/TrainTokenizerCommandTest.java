package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.chat.ChatTemplate;
import dev.jemma.cli.TinyModels.Outcome;
import dev.jemma.format.Json;
import dev.jemma.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TrainTokenizerCommandTest {
    private static final String VERSE = "the cat sat on the mat and the rat sat on the hat\nsome other line\n";

    @TempDir
    Path home;

    private Path corpus;
    private Path out;

    @BeforeEach
    void text() throws IOException {
        corpus = Files.createDirectories(home.resolve("corpus/deeper"));
        Files.writeString(corpus.resolve("b.txt"), VERSE.repeat(300));
        Files.writeString(home.resolve("corpus/a.md"), "\uFEFF# A title\r\nthe last cat\r\n".repeat(50));
        Files.writeString(home.resolve("corpus/not-text.bin"), "\0\0\0");
        out = home.resolve("tokenizer");
    }

    private Outcome train(String... more) {
        return train(320, more);
    }

    private Outcome train(int vocabularySize, String... more) {
        String[] args = new String[6 + more.length];
        String[] usual = {
            "train-tokenizer",
            home.resolve("corpus").toString(),
            "--vocab-size",
            Integer.toString(vocabularySize),
            "--out",
            out.toString()
        };
        System.arraycopy(usual, 0, args, 0, usual.length);
        System.arraycopy(more, 0, args, usual.length, more.length);
        return TinyModels.run(home, args);
    }

    @Test
    void aFolderOfTextBecomesATokenizerThatTokenizes() {
        Outcome run = train();

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("320 pieces (286 fixed,")
                .contains("bytes a token")
                .contains("held-out lines");
        assertThat(run.err()).contains("counting words").contains("learning");
        Json config = Json.read(out.resolve("tokenizer_config.json"));
        assertThat(List.of("pad_token", "eos_token", "bos_token", "unk_token"))
                .extracting(key -> config.get(key).asString())
                .containsExactly("<pad>", "<eos>", "<bos>", "<unk>");
        assertThat(ChatTemplate.recognize(config.get("chat_template").asString()))
                .contains(ChatTemplate.GEMMA_3);
        Outcome tokens = TinyModels.run(home, "tokenize", "-m", out.toString(), "--pieces", "the\u00e9\n\n");
        assertThat(tokens.out().lines().map(line -> line.substring(line.indexOf('\t') + 1)))
                .endsWith("<0xC3>", "<0xA9>", "\\n\\n");
    }

    @Test
    void aTokenizerWithoutTurnTokensBringsNoChatTemplate() {
        Outcome run = train(280, "--no-gemma-layout");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Json.read(out.resolve("tokenizer_config.json")).has("chat_template"))
                .isFalse();
    }

    @Test
    void theReportAsJsonAddsUp() throws IOException {
        Outcome run = train("--json", "--held-out", "0");

        JsonNode report = run.json();
        assertThat(report.get("vocabulary_size").asInt())
                .isEqualTo(report.get("fixed").asInt()
                        + report.get("learned").asInt()
                        + report.get("single_characters").asInt());
        assertThat(report.get("files").asInt()).isEqualTo(2);
        assertThat(report.get("lines").asInt()).isEqualTo(700);
        assertThat(report.get("measured_on").asString()).isEqualTo("the training text");
        String text = "# A title\nthe last cat\n".repeat(50).replace("\n#", "\n\uFEFF#") + VERSE.repeat(300);
        assertThat(report.get("measured_bytes").asInt()).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
        assertThat(report.get("measured_tokens").asInt())
                .isEqualTo(Tokenizer.read(out).encode(text).length);
    }

    @Test
    void heldOutLinesAreNotTrainedOn() throws IOException {
        Path file = home.resolve("one.txt");
        Files.writeString(file, (VERSE.repeat(4) + "\u03b1\u03b2\n".repeat(2)).repeat(20));

        Outcome run = TinyModels.run(
                home,
                "train-tokenizer",
                file.toString(),
                "--vocab-size",
                "310",
                "--out",
                out.toString(),
                "--json",
                "--held-out",
                "40",
                "--character-coverage",
                "1");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("lines").asInt()).isEqualTo(120);
        assertThat(run.json().get("measured_on").asString()).isEqualTo("held-out lines");
    }

    @Test
    void nothingIsReplacedUnasked() throws IOException {
        assertThat(train().code()).isZero();
        byte[] before = Files.readAllBytes(out.resolve("tokenizer.model"));

        Outcome again = train(290, "--no-gemma-layout");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err())
                .contains("is there already; --force replaces it")
                .hasLineCount(1);
        assertThat(Files.readAllBytes(out.resolve("tokenizer.model"))).isEqualTo(before);

        assertThat(train(290, "--no-gemma-layout", "--force").code()).isZero();
        assertThat(Tokenizer.read(out).vocabulary().find("<start_of_turn>")).isEmpty();
    }

    @Test
    void optionsReachTheTrainer() {
        assertThat(train("--symbol", "cat", "--unused", "3", "--no-split-digits", "--max-piece-length", "3")
                        .code())
                .isZero();
        Tokenizer tokenizer = Tokenizer.read(out);
        assertThat(tokenizer.vocabulary().find("<unused2>")).isPresent();
        assertThat(tokenizer.encode("cat")).hasSize(1);
        assertThat(IntStream.range(290, 320)
                        .map(id -> tokenizer.piece(id).length())
                        .max())
                .hasValue(3);
    }

    @Test
    void misuseIsTwoAndFailureIsOneWithOneLineEach() throws IOException {
        assertThat(train("--character-coverage", "0.5").code()).isEqualTo(2);
        assertThat(train("--held-out", "60").code()).isEqualTo(2);
        assertThat(train("--unused", "-1").code()).isEqualTo(2);
        assertThat(train("--threads", "0").code()).isEqualTo(2);
        assertThat(train("--symbol", "<mask>").err()).contains("there already").hasLineCount(1);
        Outcome missing = TinyModels.run(home, "train-tokenizer", "nowhere.txt", "--vocab-size", "320", "--out", "x");
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err()).contains("nowhere.txt: no such file").hasLineCount(1);

        assertThat(out).doesNotExist();
        Path binary = Files.writeString(home.resolve("binary.txt"), "a\0b");
        Outcome bytes = TinyModels.run(
                home, "train-tokenizer", binary.toString(), "--vocab-size", "320", "--out", out.toString());
        assertThat(bytes.code()).isEqualTo(1);
        assertThat(bytes.err()).contains("zero bytes");
        assertThat(out.resolve("tokenizer.model")).doesNotExist();
    }

    @Test
    void aFileWithoutLineBreaksIsReadInParts() throws IOException {
        Path file = Files.writeString(home.resolve("long.txt"), "the cat sat on the mat ".repeat(120_000));
        StringBuilder read = new StringBuilder();
        TextFiles.of(List.of(file)).forEach(part -> {
            assertThat(part.length()).isLessThanOrEqualTo(1 << 20);
            read.append(part);
        });
        assertThat(read.toString()).isEqualTo(Files.readString(file));
    }
}
