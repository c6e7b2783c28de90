package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.chat.ChatTemplate;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MixtureTest {
    @TempDir
    Path folder;

    private Mixture read(String... lines) {
        return Mixture.read(Fixture.write(folder.resolve("mix.yaml"), lines), DataOptions.DEFAULTS);
    }

    @Test
    void sourcesAndStagesAreRead() {
        Mixture mixture = read(
                "sources:",
                "  stories:",
                "    data: stories/",
                "    split: blank",
                "    max-length: 512",
                "  chats:",
                "    data: [a.jsonl, /b.parquet]",
                "    drop-bad: true",
                "    eval-split: 0.1",
                "stages:",
                "  - until: 0.8",
                "    weights: {stories: 9, chats: 1}",
                "  - weights: {chats: 1}");
        assertThat(mixture.sources()).extracting(Mixture.Source::name).containsExactly("stories", "chats");
        assertThat(mixture.sources().get(0).data()).containsExactly(folder.resolve("stories/"));
        assertThat(mixture.sources().get(0).options().split()).isEqualTo(new TextSplit.BlankLines());
        assertThat(mixture.sources().get(0).options().maxLength()).hasValue(512);
        assertThat(mixture.sources().get(1).data()).containsExactly(folder.resolve("a.jsonl"), Path.of("/b.parquet"));
        assertThat(mixture.sources().get(1).options().heldOut()).isEqualTo(0.1);
        assertThat(mixture.stages())
                .containsExactly(new Stage(0.8, List.of(9.0, 1.0)), new Stage(1, List.of(0.0, 1.0)));
    }

    @Test
    void weightsMayStandAtTheSources() {
        Mixture mixture = read("sources: {a: {data: a.txt, weight: 2}, b: {data: b.txt}}");
        assertThat(mixture.stages()).containsExactly(Stage.always(List.of(2.0, 1.0)));
    }

    private void fails(String words, String... lines) {
        assertThatThrownBy(() -> read(lines))
                .isInstanceOf(DataException.class)
                .message()
                .startsWith(folder.resolve("mix.yaml").toString())
                .contains(words)
                .doesNotContain("\n");
    }

    @Test
    void whatIsWrongIsToldWithItsKey() {
        fails("needs \"sources\"", "stages: []");
        fails("needs \"sources\"", "");
        fails("sources.a: needs \"data\"", "sources: {a: {weight: 1}}");
        fails("there is no \"dta\"", "sources: {a: {dta: x}}");
        fails("sources.a.weight: should be a number", "sources: {a: {data: x, weight: much}}");
        fails("sources.a.dedupe: should be true or false", "sources: {a: {data: x, dedupe: 3}}");
        fails("sources.a: there is no schema", "sources: {a: {data: x, schema: wild}}");
        fails("stages[0].weights: there is no \"b\"", "sources: {a: {data: x}}", "stages: [{weights: {b: 1}}]");
        fails("needs \"until\"", "sources: {a: {data: x}}", "stages: [{weights: {a: 1}}, {weights: {a: 1}}]");
        fails("above 0", "sources: {a: {data: x, weight: 0}}");
        fails("line 3: is not YAML", "sources:", "  a: [1, 2");
        fails("should be a number, not a list", "sources: {a: {data: x, weight: &a [[*a]]}}");
        fails("should be text", "sources: {a: {data: &a [[*a]]}}");
    }

    @Test
    void mixturesThatWouldGrowWithoutBoundAreRefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 30; i++) {
            bomb.append("a" + i + ": &a" + i + " [")
                    .append(("*a" + (i - 1) + ", ").repeat(8))
                    .append("*a" + (i - 1) + "]\n");
        }
        assertThatThrownBy(() -> read(bomb.toString())).isInstanceOf(DataException.class);
    }

    @Test
    void wordsOfTheCommandLineAreSourcesWithWeights() {
        Fixture.write(folder.resolve("odd=1"), "a file of that name");
        assertThat(Mixture.isWeighted(folder.resolve("odd=1").toString())).isFalse();
        assertThat(Mixture.isWeighted("stories/=0.9")).isTrue();
        assertThat(Mixture.isWeighted("stories/=many")).isFalse();
        Mixture mixture = Mixture.of(List.of("my stories/=0.9", "chats.jsonl=0.1"), DataOptions.DEFAULTS);
        assertThat(mixture.sources()).extracting(Mixture.Source::name).containsExactly("1-my_stories", "2-chats.jsonl");
        assertThat(mixture.stages()).containsExactly(Stage.always(List.of(0.9, 0.1)));
    }

    @Test
    void everySourceHasShardsOfItsOwn() {
        Fixture.write(folder.resolve("a.jsonl"), "{\"text\":\"a story\"}");
        Fixture.write(folder.resolve("b.jsonl"), "{\"prompt\":\"Q\",\"response\":\"A\"}");
        Mixture mixture = read("sources: {a: {data: a.jsonl}, b: {data: b.jsonl}}");
        List<Shards> shards =
                mixture.prepare(Fixture.TOKENIZER, ChatTemplate.GEMMA_3, 1, folder.resolve("out"), (_, _) -> {});
        BatchSource source = BatchSource.mixed(
                shards.stream().map(Shards::train).toList(), mixture.stages(), 1000, Packing.of(64, 1), 1);
        assertThat(source.next().rows()).isPositive();
        shards.forEach(Shards::close);
        assertThat(folder.resolve("out/a/index.json")).exists();
        assertThat(folder.resolve("out/b/index.json")).exists();
    }
}
