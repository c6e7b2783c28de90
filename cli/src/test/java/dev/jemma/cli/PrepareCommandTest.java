package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareCommandTest {
    private static final String MODEL = TinyModels.gguf("gemma3-F32");

    @TempDir
    Path home;

    private String chats;

    @BeforeEach
    void write() throws IOException {
        chats = Files.writeString(home.resolve("chats.jsonl"), """
                        {"prompt": "Who?", "completion": "Me."}
                        {"prompt": "What?", "completion": "That."}
                        """).toString();
    }

    private Outcome prepare(String... args) {
        String[] all = new String[args.length + 3];
        all[0] = "prepare";
        all[1] = "-m";
        all[2] = MODEL;
        System.arraycopy(args, 0, all, 3, args.length);
        return TinyModels.run(home, all);
    }

    @Test
    void countsAndExamplesAreShownWithTrainedPartsInBrackets() {
        Outcome run = prepare(chats, "--show", "1");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("<bos><start_of_turn>user\nWho?<end_of_turn>\n<start_of_turn>model\n[Me.<end_of_turn>]")
                .doesNotContain("What?")
                .containsPattern("examples kept +2\n")
                .containsPattern("prompt-completion \\(files\\) +1\n")
                .containsPattern("up to +\\d+ tokens +2 #+\n")
                .doesNotContain("\033");
    }

    @Test
    void trainedPartsAreColouredOnATerminalAndControlCharactersAreNot() throws IOException {
        Path file = Files.writeString(
                home.resolve("evil.jsonl"), "{\"prompt\": \"\\u001b[31mred\", \"completion\": \"Me.\"}\n");
        Map<String, String> environment = Map.of("JEMMA_HOME", home.toString(), "JEMMA_OFFLINE", "1");
        TestConsole console = TestConsole.typing(environment, "");
        int code = Jemma.run(console.console(), "prepare", "-m", MODEL, file.toString(), "--show", "1");
        assertThat(code).isZero();
        assertThat(console.out()).contains("\033[32mMe.<end_of_turn>\033[0m").contains("\uFFFD[31mred");
    }

    @Test
    void aTemplateThatJemmaDoesNotKnowIsTold() throws IOException {
        Path model = TinyModels.folder(home, "gemma3");
        Files.writeString(model.resolve("chat_template.jinja"), "{{ bos_token }}{{ messages[0].content }}");
        Outcome run = TinyModels.run(home, "prepare", "-m", model.toString(), chats);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("chat template is none that Jemma knows; chats are laid out as those of Gemma 3");
        assertThat(prepare(chats).err()).doesNotContain("template");
    }

    @Test
    void tokensAreWrittenAndUsedAgain() {
        String out = home.resolve("tokens").toString();
        Outcome first = prepare(chats, "--out", out, "--show", "1");
        Outcome second = prepare(chats, "--out", out, "--show", "1");
        assertThat(first.code()).as(first.err()).isZero();
        assertThat(Path.of(out, "shard-00000.bin")).isNotEmptyFile();
        assertThat(first.err()).contains("written");
        assertThat(second.err()).contains("already");
        assertThat(second.out()).isEqualTo(first.out());
    }

    @Test
    void countsComeAsJson() {
        Outcome run = prepare(chats, "--json", "--dedupe", "--max-length", "64");
        assertThat(run.json().at("/sources/0/counts/examples").asInt()).isEqualTo(2);
        assertThat(run.json().at("/sources/0/counts/schemas/prompt-completion").asInt())
                .isEqualTo(1);
    }

    @Test
    void mixturesAreYamlFilesOrPathsWithWeights() throws IOException {
        Files.writeString(home.resolve("story.txt"), "Once upon a time.\n");
        String yaml = Files.writeString(home.resolve("mix.yaml"), """
                        sources: {story: {data: story.txt}, chats: {data: chats.jsonl}}
                        stages: [{until: 0.5, weights: {story: 1}}, {weights: {chats: 1}}]
                        """).toString();
        Outcome file = prepare(yaml, "--out", home.resolve("out").toString());
        assertThat(file.code()).as(file.err()).isZero();
        assertThat(home.resolve("out/story/index.json")).exists();
        assertThat(file.out()).contains("until 0.5 of the run: weights [1.0, 0.0]");
        Outcome words = prepare(home.resolve("story.txt") + "=3", chats + "=1");
        assertThat(words.code()).as(words.err()).isZero();
        assertThat(words.out()).contains("1-story.txt").contains("until 1.0 of the run: weights [3.0, 1.0]");
        assertThat(prepare(home.resolve("story.txt") + "=3", chats).code()).isEqualTo(Jemma.MISUSED);
        assertThat(prepare(yaml, chats).code()).isEqualTo(Jemma.MISUSED);
    }

    @Test
    void preferencePairsAreShown() throws IOException {
        Path file = Files.writeString(
                home.resolve("pairs.jsonl"), "{\"prompt\": \"Q\", \"chosen\": \"good\", \"rejected\": \"bad\"}\n");
        Outcome run = prepare(file.toString(), "--show", "1");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("prompt, user: Q")
                .contains("chosen, model: good")
                .contains("rejected, model: bad")
                .containsPattern("preference pairs +1\n");
    }

    @Test
    void errorsAreOneLineWithFileAndLine() throws IOException {
        Files.writeString(Path.of(chats), "{\"prompt\": \"no answer\"}\n", java.nio.file.StandardOpenOption.APPEND);
        Outcome run = prepare(chats);
        assertThat(run.code()).isEqualTo(Jemma.FAILED);
        assertThat(run.err()).contains("chats.jsonl line 3").contains("\"response\"");
        assertThat(run.err().lines().filter(line -> line.startsWith("jemma: "))).hasSize(1);
        Outcome dropped = prepare(chats, "--drop-bad");
        assertThat(dropped.out()).containsPattern("unusable +1\n");
        assertThat(prepare(chats, "--schema", "wild").err()).contains("there is no schema");
        assertThat(prepare(home.resolve("no.jsonl").toString()).err()).contains("no such file");
        assertThat(prepare(chats, "--show", "-1").code()).isEqualTo(Jemma.MISUSED);
        assertThat(prepare().code()).isEqualTo(Jemma.MISUSED);
    }
}
