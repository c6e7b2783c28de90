package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.cli.TestConsole;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalDataTest {
    private static final byte[] ROWS = "{\"a\": 1}\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path folder;

    private static EvalData data(URI address, byte[] expected) {
        String sha256 = HexFormat.of().formatHex(Checksums.sha256().digest(expected));
        EvalData.Entry entry = new EvalData.Entry(
                "task",
                "task/test.jsonl",
                Optional.of((long) expected.length),
                Optional.of(sha256),
                address.resolve("/rows.jsonl"));
        return new EvalData(
                HubSettings.of(Map.of()),
                new TestConsole(Map.of()).console(),
                List.of(entry),
                new Download.Patience(Duration.ofMillis(1), Duration.ofSeconds(5)));
    }

    @Test
    void aFileArrivesOnceAndIsThenKnown() throws Exception {
        try (FakeHub hub = new FakeHub()) {
            hub.files.put("/rows.jsonl", ROWS);
            assertThat(data(hub.address(), ROWS).fetch("task", folder)).isEqualTo(1);
            assertThat(Files.readAllBytes(folder.resolve("task/test.jsonl"))).isEqualTo(ROWS);
            assertThat(data(hub.address(), ROWS).fetch("task", folder)).isZero();
            assertThat(hub.seen).hasSize(1);
        }
    }

    @Test
    void whatIsNotThePublishedFileIsNotKept() {
        try (FakeHub hub = new FakeHub()) {
            hub.files.put("/rows.jsonl", "{\"a\": 2}\n".getBytes(StandardCharsets.UTF_8));
            assertThatThrownBy(() -> data(hub.address(), ROWS).fetch("task", folder))
                    .isInstanceOf(JemmaException.class)
                    .hasMessageContaining("wrong SHA-256");
            assertThat(folder.resolve("task/test.jsonl")).doesNotExist();
        }
    }

    @Test
    void aFileOfTheUsersOwnIsLeftAlone() throws Exception {
        Path own = folder.resolve("task/test.jsonl");
        Files.createDirectories(own.getParent());
        Files.writeString(own, "mine");
        try (FakeHub hub = new FakeHub()) {
            hub.files.put("/rows.jsonl", ROWS);
            assertThatThrownBy(() -> data(hub.address(), ROWS).fetch("task", folder))
                    .hasMessageContaining("left alone");
        }
        assertThat(own).hasContent("mine");
    }

    @Test
    void withoutANetworkTheMessageSaysWhereTheFileIsAndWhereItBelongs() {
        assertThatThrownBy(() -> data(URI.create("http://127.0.0.1:1"), ROWS).fetch("task", folder))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("task/test.jsonl cannot be had")
                .hasMessageContaining("http://127.0.0.1:1/rows.jsonl")
                .hasMessageContaining("put it at");
    }

    @Test
    void whatPeopleGetByHandIsSaidUntilItIsThere() throws Exception {
        TestConsole console = new TestConsole(Map.of());
        EvalData data = new EvalData(HubSettings.of(Map.of()), console.console());
        assertThat(data.byHand()).contains("mmlu", "piqa").doesNotContain("commonsense_qa", "gsm8k");
        assertThat(data.tasks()).contains("commonsense_qa");
        for (String task : data.byHand()) {
            assertThatThrownBy(() -> data.fetch(task, folder))
                    .as(task)
                    .isInstanceOf(JemmaException.class)
                    .hasMessageStartingWith(task + " has no fixed address: download the split ")
                    .hasMessageContaining("https://")
                    .hasMessageContaining("put it at " + folder);
        }
        Path subject = folder.resolve("mmlu/abstract_algebra");
        Files.createDirectories(subject);
        Files.createFile(subject.resolve("test-00000-of-00001.parquet"));
        assertThat(data.fetch("mmlu", folder)).isZero();
        assertThat(console.err())
                .contains("mmlu: for examples download the split dev of each subject of the data set cais/mmlu")
                .contains(folder.resolve("mmlu/SUBJECT/dev-00000-of-00001.parquet")
                        .toString());
    }

    @Test
    void everyFileOfTheTableIsNamedPinnedAndSafe() {
        List<EvalData.Entry> table = EvalData.published();
        assertThat(table).hasSizeGreaterThan(70);
        for (EvalData.Entry entry : table) {
            Names.inside(folder, entry.name(), "the table");
            assertThat(entry.address().getScheme()).isEqualTo("https");
            entry.sha256().ifPresent(sha256 -> assertThat(sha256).matches("[0-9a-f]{64}"));
            if (entry.bytes().isPresent()) {
                assertThat(entry.sha256()).as(entry.name()).isPresent();
                assertThat(entry.address().getPath())
                        .as("a commit, not a branch")
                        .containsPattern("/[0-9a-f]{40}/");
            }
        }
    }
}
