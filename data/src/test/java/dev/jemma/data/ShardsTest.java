package dev.jemma.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.chat.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardsTest {
    private static final PreparationListener NOBODY = (_, _) -> {};
    private static final long SMALL = 500;

    @TempDir
    Path temp;

    private Path source;
    private Path folder;

    @BeforeEach
    void write() {
        Random random = new Random(1);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            lines.add("{\"prompt\":\"question " + i + "\",\"response\":\"" + "word ".repeat(1 + random.nextInt(9)) + i
                    + "\"}");
        }
        source = Fixture.write(temp.resolve("data.jsonl"), lines.toArray(String[]::new));
        folder = temp.resolve("shards");
    }

    private static List<Example> all(Examples examples) {
        return Stream.iterate(0L, i -> i < examples.size(), i -> i + 1)
                .map(examples::get)
                .toList();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatIsReadIsWhatWasPrepared() throws IOException {
        DataJob job = Fixture.job(DataOptions.builder().heldOut(0.2).build(), source);
        Fixture.Outcome expected = Fixture.prepare(job);
        try (Shards shards = Shards.prepare(job, folder, NOBODY, SMALL)) {
            assertThat(all(shards.train())).isEqualTo(expected.train());
            assertThat(all(shards.heldOut())).isEqualTo(expected.heldOut()).isNotEmpty();
            assertThat(shards.train().tokens())
                    .isEqualTo(
                            expected.train().stream().mapToLong(Example::length).sum());
            assertThat(shards.preparation()).isEqualTo(expected.counts());
            assertThat(shards.reused()).isFalse();
        }
        assertThat(files()).contains("shard-00000.bin", "shard-00001.bin", "eval-00000.bin", "index.json");
        assertThat(files()).noneMatch(name -> name.endsWith(".part"));
        try (Shards shards = Shards.open(folder, Fixture.TOKENIZER)) {
            assertThat(all(shards.train())).isEqualTo(expected.train());
            assertThat(shards.preparation()).isEqualTo(expected.counts());
        }
    }

    @Test
    void theBytesDoNotDependOnThreads() throws IOException {
        List<byte[]> contents = new ArrayList<>();
        for (int threads : new int[] {1, 2, 5}) {
            Path here = temp.resolve("threads-" + threads);
            DataJob job = new DataJob(
                    List.of(source), Fixture.TOKENIZER, ChatTemplate.GEMMA_3, DataOptions.DEFAULTS, threads);
            Shards.prepare(job, here, NOBODY).close();
            contents.add(Files.readAllBytes(here.resolve("shard-00000.bin")));
        }
        assertThat(contents.get(1)).isEqualTo(contents.get(0));
        assertThat(contents.get(2)).isEqualTo(contents.get(0));
    }

    @Test
    void shardsOfTheSameAreUsedAgainAndOthersAreMadeAnew() throws IOException {
        Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL).close();
        Path moved = Files.copy(source, temp.resolve("moved.jsonl"));
        try (Shards same = Shards.prepare(Fixture.job(moved), folder, NOBODY, SMALL)) {
            assertThat(same.reused()).isTrue();
        }
        DataOptions other = DataOptions.builder().maxLength(40).build();
        try (Shards made = Shards.prepare(Fixture.job(other, source), folder, NOBODY, 1_000_000)) {
            assertThat(made.reused()).isFalse();
            assertThat(made.fault()).isEmpty();
        }
        assertThat(files()).containsExactly(".lock", "index.json", "shard-00000.bin");
        Files.writeString(source, Files.readString(source).replace("question 7\"", "question seven\""));
        try (Shards made = Shards.prepare(Fixture.job(other, source), folder, NOBODY)) {
            assertThat(made.reused()).isFalse();
        }
    }

    @Test
    void everyDamagedByteIsTold() throws IOException {
        Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL).close();
        Path shard = folder.resolve("shard-00001.bin");
        byte[] good = Files.readAllBytes(shard);
        Random random = new Random(2);
        for (int round = 0; round < 60; round++) {
            byte[] bad = round % 5 == 0 ? java.util.Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
            if (bad.length == good.length) {
                int at = random.nextInt(bad.length);
                if (at >= 40 && at < ShardWriter.HEADER_BYTES) {
                    continue; // not used
                }
                bad[at] ^= (byte) (1 << random.nextInt(8));
            }
            if (java.util.Arrays.equals(bad, 12, 16, good, 12, 16)) {
                Files.write(shard, bad);
                assertThatThrownBy(() -> Shards.open(folder, Fixture.TOKENIZER).close())
                        .isInstanceOf(DataException.class)
                        .hasMessageStartingWith(shard + ": is damaged");
            }
        }
        try (Shards again = Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL)) {
            assertThat(again.reused()).isFalse();
            assertThat(again.fault()).hasValueSatisfying(why -> assertThat(why).contains("is damaged"));
        }
        assertThat(Files.readAllBytes(shard)).isEqualTo(good);
    }

    @Test
    void aDamagedIndexIsTold() throws IOException {
        Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL).close();
        Path index = folder.resolve("index.json");
        String good = Files.readString(index);
        for (String bad : List.of(
                "",
                "{}",
                good.substring(0, good.length() / 2),
                good.replace("shard-00001.bin", "../shard-00001.bin"),
                good.replace("\"version\" : 1", "\"version\" : 9"),
                good.replaceFirst("\"tokens\" : \\d+", "\"tokens\" : 9223372036854775807"),
                good.replaceFirst("\"examples\" : \\d+", "\"examples\" : -1"))) {
            assertThat(bad).isNotEqualTo(good);
            Files.writeString(index, bad);
            assertThatThrownBy(() -> Shards.open(folder, Fixture.TOKENIZER).close())
                    .isInstanceOf(DataException.class);
        }
    }

    @Test
    void anErrorLeavesNothingThatLooksWhole() throws IOException {
        Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL).close();
        Files.writeString(source, Files.readString(source) + "{\"prompt\":\"no answer\"}\n");
        assertThatThrownBy(() -> Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("data.jsonl line 201");
        assertThatThrownBy(() -> Shards.open(folder, Fixture.TOKENIZER))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("no prepared data");
        assertThat(files()).noneMatch(name -> name.endsWith(".part"));
    }

    @Test
    void filesOfOthersInTheFolderAreLeftAlone() throws IOException {
        Files.createDirectories(folder);
        Fixture.write(folder.resolve("shard-notes.txt"), "mine");
        Shards.prepare(Fixture.job(source), folder, NOBODY, SMALL).close();
        assertThat(folder.resolve("shard-notes.txt")).exists();
    }

    @Test
    void preferencePairsHaveNoShards() {
        Path pairs = Fixture.write(temp.resolve("p.jsonl"), "{\"prompt\":\"Q\",\"chosen\":\"A\",\"rejected\":\"B\"}");
        assertThatThrownBy(() -> Shards.prepare(Fixture.job(pairs), folder, NOBODY))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("preference");
    }

    @Test
    void aRunThatResumesFromShardsGoesOnAtTheExactExample() {
        DataJob job = Fixture.job(source);
        Packing packing = Packing.of(64, 2);
        try (Shards shards = Shards.prepare(job, folder, NOBODY, SMALL)) {
            BatchSource undisturbed = BatchSource.endless(shards.train(), packing, 3);
            for (int i = 0; i < 100; i++) {
                undisturbed.next();
            }
            String saved = undisturbed.cursor().toJson();
            try (Shards again = Shards.open(folder, Fixture.TOKENIZER)) {
                BatchSource resumed = BatchSource.endless(again.train(), packing, 3);
                resumed.seek(Cursor.fromJson(saved));
                for (int i = 0; i < 50; i++) {
                    assertThat(resumed.next()).isEqualTo(undisturbed.next());
                }
            }
        }
    }
}
