package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.jemma.cli.TinyModels.Outcome;
import dev.jemma.infer.LanguageModel;
import dev.jemma.model.EmbeddingHead;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class EmbedCommandTest {
    @TempDir
    Path home;

    private String model = "";

    @BeforeEach
    void makeModel() {
        model = TinyModels.folder(home, "embeddinggemma").toString();
    }

    private JsonNode json(String... more) {
        List<String> args = new ArrayList<>(List.of("embed", "-m", model, "--json", "--exact"));
        args.addAll(List.of(more));
        Outcome run = TinyModels.run(home, args.toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        return run.json();
    }

    private static float[] vector(JsonNode json) {
        return TinyModels.floats(json.get("embeddings").get(0).get("embedding"));
    }

    @Test
    void aVectorIsThatOfPromptAndTextBetweenBosAndEos() throws IOException {
        JsonNode json = json("red planet");

        int[] ids;
        float[] expected;
        try (LanguageModel loaded = LanguageModel.open(
                Path.of(model),
                dev.jemma.infer.ModelOptions.builder()
                        .precision(dev.jemma.kernel.Precision.EXACT)
                        .build())) {
            int[] text = loaded.tokenizer().encode("task: search result | query: red planet");
            ids = new int[text.length + 2];
            ids[0] = 2;
            System.arraycopy(text, 0, ids, 1, text.length);
            ids[ids.length - 1] = 1;
            expected = loaded.engine().embed(ids).join();
        }
        assertThat(vector(json)).isEqualTo(expected);
        assertThat(json.get("embeddings").get(0).get("tokens").asInt()).isEqualTo(ids.length);
        assertThat(json.get("environment").get("threads").asInt()).isPositive();
        assertThat(length(expected)).isCloseTo(1, within(1e-5));
    }

    @Test
    void promptsStandInFrontOfTheText() {
        float[] document = vector(json("--prompt", "document", "--title", "Mars", "it is red"));
        float[] custom = vector(json("--prompt", "title: Mars | text: ", "it is red"));
        float[] none = vector(json("--prompt", "none", "title: Mars | text: it is red"));
        float[] untitled = vector(json("--prompt", "document", "it is red"));

        assertThat(document).isEqualTo(custom).isEqualTo(none).isNotEqualTo(untitled);
    }

    @Test
    void aSmallerSizeIsTheBeginningAtUnitLength() {
        float[] all = vector(json("red planet"));
        float[] few = vector(json("--size", "16", "red planet"));

        assertThat(few).hasSize(16).isEqualTo(EmbeddingHead.truncated(all, 16));
        assertThat(length(few)).isCloseTo(1, within(1e-5));
    }

    @Test
    void aFileOfTextsGivesTheSameVectorsInOrder() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            lines.add(Json.line(Map.of("text", "text number " + i)));
        }
        lines.add("{\"text\":\"it is red\",\"title\":\"Mars\",\"prompt\":\"document\"}");
        Path in = Files.write(home.resolve("in.jsonl"), lines);
        Path out = home.resolve("out.jsonl");

        Outcome run = TinyModels.run(
                home, "embed", "-m", model, "--exact", "--jsonl", in.toString(), "--out", out.toString());

        assertThat(run.code()).as(run.err()).isZero();
        List<String> written = Files.readAllLines(out);
        assertThat(written).hasSize(101);
        assertThat(TinyModels.floats(Json.parse(written.get(77)).get("embedding")))
                .isEqualTo(vector(json("text number 77")));
        assertThat(TinyModels.floats(Json.parse(written.get(100)).get("embedding")))
                .isEqualTo(vector(json("--prompt", "document", "--title", "Mars", "it is red")));
    }

    @Test
    void numbersStandInALineWithoutJson() {
        Outcome run = TinyModels.run(home, "embed", "-m", model, "one", "two");

        List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst().split(" ")).hasSize(64);
    }

    @Test
    void mistakesAreToldBeforeAnythingIsLoaded() {
        Outcome other = TinyModels.run(home, "embed", "-m", TinyModels.gguf("gemma3-F32"), "text");
        Outcome large = TinyModels.run(home, "embed", "-m", model, "--size", "65", "text");
        Outcome title = TinyModels.run(home, "embed", "-m", model, "--title", "T", "text");
        Outcome tooLong = TinyModels.run(home, "embed", "-m", model, "word ".repeat(400));

        assertThat(other.code()).isEqualTo(Jemma.FAILED);
        assertThat(other.err())
                .contains("does not embed")
                .doesNotContain("loading")
                .hasLineCount(1);
        assertThat(large.code()).isEqualTo(Jemma.MISUSED);
        assertThat(title.code()).isEqualTo(Jemma.MISUSED);
        assertThat(tooLong.code()).isEqualTo(Jemma.FAILED);
        assertThat(tooLong.err()).contains("text 1").contains("256");
    }

    private static double length(float[] vector) {
        double squares = 0;
        for (float v : Arrays.copyOf(vector, vector.length)) {
            squares += (double) v * v;
        }
        return Math.sqrt(squares);
    }
}
