package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatInputTest {
    @Test
    void textIsSaidAndCommandsAreCommands() {
        assertThat(ChatInput.parse(" Hello, you \n")).isEqualTo(new ChatInput.Say("Hello, you"));
        assertThat(ChatInput.parse("/reset")).isEqualTo(new ChatInput.Reset());
        assertThat(ChatInput.parse("/save my chat.json")).isEqualTo(new ChatInput.Save("my chat.json"));
        assertThat(ChatInput.parse("/system Be  brief.\nAnd kind."))
                .isEqualTo(new ChatInput.Instructions("Be  brief.\nAnd kind."));
        assertThat(ChatInput.parse("/system")).isEqualTo(new ChatInput.Instructions(""));
        assertThat(ChatInput.parse("/params")).isEqualTo(new ChatInput.ShowParams());
        assertThat(ChatInput.parse("/params temperature 0.7")).isEqualTo(new ChatInput.SetParam("temperature", "0.7"));
        assertThat(ChatInput.parse("/params top_k=40")).isEqualTo(new ChatInput.SetParam("top_k", "40"));
        assertThat(ChatInput.parse("/help")).isEqualTo(new ChatInput.Help());
        assertThat(ChatInput.parse("/Exit ")).isEqualTo(new ChatInput.Exit());
        assertThat(ChatInput.parse("  \n")).isEqualTo(new ChatInput.Nothing());
    }

    @Test
    void aSpaceInFrontMakesASlashText() {
        assertThat(ChatInput.parse(" /usr/bin is a folder")).isEqualTo(new ChatInput.Say("/usr/bin is a folder"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/usr/bin is a folder", "/save", "/reset now", "/params temperature", "/params a b c", "/"})
    void whatCannotBeMeantIsNeitherSaidNorDone(String entry) {
        assertThat(ChatInput.parse(entry)).isInstanceOf(ChatInput.Wrong.class);
    }

    @Test
    void everyCommandStandsInTheHelp() {
        assertThat(ChatInput.COMMANDS)
                .allSatisfy(command -> assertThat(ChatInput.HELP).contains(command));
    }

    @Test
    void aBackslashContinuesALine() {
        assertThat(ChatLines.isComplete("one \\")).isFalse();
        assertThat(ChatLines.isComplete("one \\\ntwo")).isTrue();
        assertThat(ChatLines.join("one \\\ntwo \\\nthree")).isEqualTo("one \ntwo \nthree");
        assertThat(ChatLines.join("it's \"quoted\" and \\n stays")).isEqualTo("it's \"quoted\" and \\n stays");
    }

    @Test
    void threeQuotesEncloseATextOfSeveralLines() {
        assertThat(ChatLines.isComplete("\"\"\"")).isFalse();
        assertThat(ChatLines.isComplete("\"\"\"one\ntwo")).isFalse();
        assertThat(ChatLines.isComplete("\"\"\"one\n\ntwo\n\"\"\"")).isTrue();
        assertThat(ChatInput.parse(ChatLines.join("\"\"\"\none \\\n\ntwo\n\"\"\"")))
                .isEqualTo(new ChatInput.Say("one \\\n\ntwo"));
        assertThat(ChatInput.parse(ChatLines.join("\"\"\"/exit\"\"\""))).isEqualTo(new ChatInput.Say("/exit"));
    }
}
