package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.infer.LanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationBatchTest {
    @TempDir
    Path home;

    @Test
    void anAnswerInAConversationEndsWithItsTurnThoughTheModelBringsNoTemplate() throws IOException {
        Path folder = TinyModels.folder(home, "gemma3");
        int endOfTurn;
        try (LanguageModel model = LanguageModel.open(folder)) {
            assertThat(model.defaults().instructionTuned()).isFalse();
            endOfTurn = model.tokenizer().special().endOfTurn();
            assertThat(model.defaults().stopIds()).doesNotContain(endOfTurn);
        }
        Path requests = Files.writeString(home.resolve("requests.jsonl"), """
                {"messages": [{"role": "user", "content": "Hello"}]}
                {"prompt": "Hello"}
                """);

        TinyModels.Outcome run = TinyModels.run(
                home,
                "generate",
                "-m",
                folder.toString(),
                "--jsonl",
                requests.toString(),
                "--max-tokens",
                "4",
                "--logit-bias",
                endOfTurn + "=1000");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.lines().get(0).get("text").asString()).isEmpty();
        assertThat(run.lines().get(0).get("finish_reason").asString()).isEqualTo("stop");
        assertThat(run.lines().get(1).get("finish_reason").asString()).isEqualTo("length");
    }
}
