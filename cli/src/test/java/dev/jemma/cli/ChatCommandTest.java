package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ChatCommandTest {
    private static final String MODEL = TinyModels.gguf("gemma3-F32");

    @TempDir
    Path home;

    private Outcome chat(String input, String... more) {
        String[] args = new String[more.length + 4];
        args[0] = "chat";
        args[1] = MODEL;
        args[2] = "-n";
        args[3] = "5";
        System.arraycopy(more, 0, args, 4, more.length);
        return TinyModels.typed(home, input, args);
    }

    @Test
    void linesGoInAndAnswersComeOut() {
        Outcome one = chat("Hello\n");
        Outcome same = chat("Hello\n/reset\nHello\n");

        assertThat(one.code()).as(one.err()).isZero();
        assertThat(one.out()).isNotBlank();
        assertThat(same.out()).isEqualTo(one.out() + one.out());
        assertThat(one.err())
                .contains("context 256 tokens")
                .contains("greedy (built in for a base model)")
                .contains("tokens/s")
                .contains("warning: " + MODEL + " brings no chat template");
    }

    @Test
    void anEntryMayHaveSeveralLines() {
        Outcome joined = chat("one\\\ntwo\n");
        Outcome quoted = chat("\"\"\"one\ntwo\n\"\"\"\n");

        assertThat(joined.out())
                .isEqualTo(quoted.out())
                .isNotEqualTo(chat("one\ntwo\n").out());
    }

    @Test
    void aConversationIsSavedAsALineThatGenerateReads() throws IOException {
        Path file = home.resolve("chat.jsonl");

        Outcome run = chat("Hello\n/save " + file + "\n/save " + file + "\n");

        assertThat(run.err()).contains("2 messages");
        JsonNode saved = Json.parse(Files.readString(file));
        assertThat(saved.get("messages")).hasSize(2);
        assertThat(saved.get("messages").get(0).get("role").asString()).isEqualTo("user");
        assertThat(saved.get("messages").get(1).get("content").asString() + System.lineSeparator())
                .isEqualTo(run.out());
        assertThat(saved.get("environment").get("version").asString()).isNotEmpty();
    }

    @Test
    void aFileOfOthersIsNotOverwritten() throws IOException {
        Path file = Files.writeString(home.resolve("mine.txt"), "precious");

        Outcome run = chat("/save " + file + "\n");

        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("is there already");
        assertThat(file).hasContent("precious");
    }

    @Test
    void mistakesEndNeitherTheChatNorTheConversation() {
        Outcome run = chat("/nope\n/params colour 1\n" + "word ".repeat(300) + "\nHello\n");

        assertThat(run.code()).isZero();
        assertThat(run.err())
                .contains("there is no command /nope")
                .contains("there is no value 'colour'")
                .contains("/reset starts anew");
        assertThat(run.out()).isEqualTo(chat("Hello\n").out());
    }

    /** What the template of each generation makes of instructions, whatever the vocabulary. */
    @Test
    void gemma3FollowsInstructionsAndGemma2HasNoPlaceForThem() {
        Outcome gemma3 = chat("/system Be brief.\nHello\n");
        Outcome gemma2 =
                TinyModels.typed(home, "/system Be brief.\nHello\n", "chat", TinyModels.gguf("gemma2-F32"), "-n", "5");

        assertThat(gemma3.err()).doesNotContain("System role not supported");
        assertThat(gemma3.out()).isNotBlank().isNotEqualTo(chat("Hello\n").out());
        assertThat(gemma2.code()).isZero();
        assertThat(gemma2.err()).contains("System role not supported");
    }

    @Test
    void valuesCanBeShownAndChanged() {
        Outcome run = chat("/params\n/params temperature 0.5\n/params max-tokens 3\nHello\n/help\n/exit\nnot said\n");

        assertThat(run.err())
                .contains("temperature 0.5")
                .contains("at most 3 tokens")
                .contains("[3 tokens")
                .contains("/save FILE");
        assertThat(run.err().lines().filter(line -> line.startsWith("["))).hasSize(1);
    }

    @Test
    void modelsThatCannotTalkAreRefused() {
        String embedding = TinyModels.folder(home, "embeddinggemma").toString();

        Outcome run = TinyModels.run(home, "chat", embedding);

        assertThat(run.code()).isEqualTo(Jemma.FAILED);
        assertThat(run.err()).contains("embedding model");
    }
}
