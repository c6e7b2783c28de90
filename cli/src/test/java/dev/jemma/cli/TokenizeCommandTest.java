package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TokenizeCommandTest {
    private static final String MODEL = TinyModels.gguf("gemma3-F32");

    @TempDir
    Path home;

    @Test
    void idsAreThoseOfTheReferenceFromAModelAndFromATokenizerAlone() throws IOException {
        JsonNode samples = TinyModels.samples();
        List<String> lines = new ArrayList<>();
        samples.forEach(
                sample -> lines.add(Json.line(Map.of("text", sample.get("text").asString()))));
        Path in = Files.write(home.resolve("texts.jsonl"), lines);

        for (String model :
                List.of(MODEL, TinyModels.golden("tokenizer/tokenizer.model").toString())) {
            List<String> plain = encoded(model, in);
            List<String> special = encoded(model, in, "--special");
            assertThat(plain).hasSize(samples.size());
            for (int i = 0; i < samples.size(); i++) {
                // turn tokens are user-defined pieces to the reference, which knows no plain text
                boolean turns = samples.get(i).get("text").asString().contains("_of_turn>");
                String ids = (turns ? special : plain).get(i);
                assertThat(TinyModels.ints(Json.parse(ids).get("ids")))
                        .isEqualTo(TinyModels.ints(samples.get(i).get("ids")));
            }
        }
    }

    private List<String> encoded(String model, Path in, String... more) throws IOException {
        Path out = home.resolve("ids.jsonl");
        List<String> args =
                new ArrayList<>(List.of("tokenize", "-m", model, "--jsonl", in.toString(), "--out", out.toString()));
        args.addAll(List.of(more));
        Outcome run = TinyModels.run(home, args.toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isZero();
        return Files.readAllLines(out);
    }

    @Test
    void anArgumentAndStandardInputAreTakenAsTheyAre() {
        Outcome argument = TinyModels.run(home, "tokenize", "-m", MODEL, "Hello world");
        Outcome piped = TinyModels.typed(home, "Hello world", "tokenize", "-m", MODEL);
        Outcome withLineBreak = TinyModels.typed(home, "Hello world\n", "tokenize", "-m", MODEL);

        assertThat(argument.out().strip()).isEqualTo("496 468 299 471 266 306 323");
        assertThat(piped.out()).isEqualTo(argument.out());
        assertThat(withLineBreak.out().strip()).isEqualTo("496 468 299 471 266 306 323 16");
    }

    @Test
    void specialTokensAreTextUnlessTheyAreAskedFor() {
        Outcome plain = TinyModels.run(home, "tokenize", "-m", MODEL, "--json", "<bos>");
        Outcome special = TinyModels.run(home, "tokenize", "-m", MODEL, "--special", "--json", "<bos>");
        Outcome bos = TinyModels.run(home, "tokenize", "-m", MODEL, "--bos", "H");

        assertThat(plain.json().get("count").asInt()).isGreaterThan(1);
        assertThat(TinyModels.ints(special.json().get("ids"))).containsExactly(2);
        assertThat(special.json().get("environment").get("version").asString()).isNotEmpty();
        assertThat(bos.out().strip()).isEqualTo("2 496");
    }

    @Test
    void piecesStandBesideTheirIds() {
        Outcome text = TinyModels.run(home, "tokenize", "-m", MODEL, "--pieces", "o w");
        Outcome json = TinyModels.run(home, "tokenize", "-m", MODEL, "--pieces", "--json", "Hello world");

        assertThat(text.out().lines().findFirst()).contains("471\to");
        assertThat(json.json().get("pieces").get(4).asString()).isEqualTo("▁w");
    }

    @Test
    void detokenizeIsTheWayBack() throws IOException {
        Outcome arguments = TinyModels.run(home, "detokenize", "-m", MODEL, "2", "496,468", "299", "471");
        Outcome special = TinyModels.run(home, "detokenize", "-m", MODEL, "--special", "--json", "2", "496");
        Outcome piped = TinyModels.typed(home, "[496, 468]\n", "detokenize", "-m", MODEL);
        Path in = Files.writeString(home.resolve("ids.jsonl"), "{\"ids\":[496,468]}\n\n{\"ids\":[]}\n");
        Outcome lines = TinyModels.run(home, "detokenize", "-m", MODEL, "--jsonl", in.toString());

        assertThat(arguments.out()).isEqualTo("Hello" + System.lineSeparator());
        assertThat(special.json().get("text").asString()).isEqualTo("<bos>H");
        assertThat(piped.out().strip()).isEqualTo("He");
        assertThat(lines.lines())
                .extracting(line -> line.get("text").asString())
                .containsExactly("He", "");
    }

    @Test
    void mistakesAreToldInOneLineWithTheirPlace() throws IOException {
        Path in = Files.writeString(home.resolve("in.jsonl"), "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n");

        Outcome field = TinyModels.run(home, "tokenize", "-m", MODEL, "--jsonl", in.toString());
        Outcome both = TinyModels.run(home, "tokenize", "-m", MODEL, "--jsonl", in.toString(), "text");
        Outcome word = TinyModels.run(home, "detokenize", "-m", MODEL, "five");
        Outcome outside = TinyModels.run(home, "detokenize", "-m", MODEL, "512");
        Outcome missing =
                TinyModels.run(home, "tokenize", "-m", home.resolve("no.gguf").toString(), "x");

        assertThat(field.code()).isEqualTo(Jemma.FAILED);
        assertThat(field.err()).contains("in.jsonl line 2").contains("\"text\"");
        assertThat(both.code()).isEqualTo(Jemma.MISUSED);
        assertThat(word.code()).isEqualTo(Jemma.MISUSED);
        assertThat(outside.err()).contains("512").hasLineCount(1);
        assertThat(missing.code()).isEqualTo(Jemma.FAILED);
    }
}
