package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.cli.TinyModels.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecontaminateCommandTest {
    private static final String ITEM =
            "What does the old lighthouse keeper count while the storm goes on outside at night?";

    @TempDir
    Path home;

    private String corpus;
    private String benchmarks;

    @BeforeEach
    void write() throws IOException {
        corpus = Files.writeString(
                        home.resolve("corpus.jsonl"), "{\"text\":\"a clean line\"}\n{\"text\":\"" + ITEM + "\"}\n")
                .toString();
        Path folder = Files.createDirectories(home.resolve("benchmarks").resolve("towers"));
        Files.writeString(folder.resolve("test.jsonl"), "{\"question\":\"" + ITEM + "\"}\n");
        benchmarks = home.resolve("benchmarks").toString();
    }

    @Test
    void hitsAreLinesOfJsonAndTheSummaryIsApart() throws IOException {
        Path out = home.resolve("clean");

        Outcome run = TinyModels.run(home, "decontaminate", corpus, "--against", benchmarks, "--out", out.toString());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out().lines())
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .contains(
                                "\"record\":\"line 2\"", "\"benchmark\":\"towers\"", "\"words\":\"what does the old"));
        assertThat(run.err()).containsPattern("towers +1 +1 +1 +100.00%").contains("1 of 2 documents hold an item");
        assertThat(out.resolve("corpus.jsonl")).hasContent("{\"text\":\"a clean line\"}\n");
    }

    @Test
    void theSummaryCanBeJsonAndHitsGoToAFile() throws IOException {
        Path hits = home.resolve("hits.jsonl");

        Outcome run = TinyModels.run(
                home, "decontaminate", corpus, "--against", benchmarks, "--json", "--hits", hits.toString());

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("\"hit_documents\" : 1", "\"complete\" : true");
        assertThat(Files.readAllLines(hits)).hasSize(1);
    }

    @Test
    void whatIsWrongIsSaidInALine() {
        Outcome few = TinyModels.run(home, "decontaminate", corpus, "--against", benchmarks, "-n", "3");
        Outcome missing = TinyModels.run(
                home, "decontaminate", corpus, "--against", home.resolve("no").toString());

        assertThat(few.code()).isEqualTo(Jemma.MISUSED);
        assertThat(few.err()).contains("-n is 6 to 100 words");
        assertThat(missing.code()).isEqualTo(Jemma.FAILED);
        assertThat(missing.err()).contains("no such file or folder; --against names the benchmarks");
    }
}
