package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
    @TempDir
    Path home;

    private Store store;

    @BeforeEach
    void open() {
        store = new Store(home.resolve("store"));
    }

    private StoreEntry add(String name, String content) throws IOException {
        Path partial = store.partial(name);
        Files.writeString(partial.resolve("m.gguf"), content);
        StoreEntry entry = new StoreEntry(
                name,
                "a test",
                "r1",
                "gemma",
                "2026-01-01T00:00:00Z",
                List.of(new ModelFile("m.gguf", Optional.of((long) content.length()), Optional.of("ab"))));
        store.publish(partial, entry);
        return entry;
    }

    @Test
    void whatIsPublishedIsFoundAgain() throws IOException {
        StoreEntry entry = add("m1", "GGUF1");
        assertThat(store.find("m1")).contains(entry);
        assertThat(store.list(new ArrayList<>())).containsExactly(entry);
        assertThat(Files.readString(store.path(entry))).isEqualTo("GGUF1");
        assertThat(home.resolve("store/partial")).isEmptyDirectory();
    }

    @Test
    void anotherModelOfTheNameTakesItsPlace() throws IOException {
        add("m1", "old");
        StoreEntry entry = add("m1", "newer");
        assertThat(Files.readString(store.path(entry))).isEqualTo("newer");
        assertThat(home.resolve("store/partial")).isEmptyDirectory();
    }

    @Test
    void anEmptyStoreIsNoError() {
        assertThat(store.list(new ArrayList<>())).isEmpty();
        assertThat(store.find("m1")).isEmpty();
        assertThat(home.resolve("store")).doesNotExist();
    }

    @Test
    void aFileThatWasCutOrLostIsTold() throws IOException {
        StoreEntry entry = add("m1", "GGUF1");
        Files.writeString(store.path(entry), "GG");
        assertThatThrownBy(() -> store.path(entry))
                .hasMessageContaining("another size")
                .hasMessageContaining("--force");
        Files.delete(home.resolve("store/models/m1/m.gguf"));
        assertThatThrownBy(() -> store.path(entry)).hasMessageContaining("is gone");
    }

    @Test
    void aDamagedRecordIsToldAndTheOthersStillListed() throws IOException {
        add("m1", "a");
        add("m2", "b");
        Files.writeString(home.resolve("store/models/m1/model.json"), "{\"name\":");
        List<String> problems = new ArrayList<>();
        assertThat(store.list(problems)).extracting(StoreEntry::name).containsExactly("m2");
        assertThat(problems).singleElement().asString().contains("m1").contains("damaged");
        for (String record :
                List.of("null", "{}", "[]", "{\"name\":\"m2\"}", "{\"name\":\"m1\",\"files\":[{\"name\":\"../x\"}]}")) {
            Files.writeString(home.resolve("store/models/m1/model.json"), record);
            assertThatThrownBy(() -> store.find("m1")).as(record).isInstanceOf(dev.jemma.JemmaException.class);
        }
    }

    @Test
    void aReadOnlyStoreCanBeReadAndSaysSoWhenItShouldGrow() throws IOException {
        add("m1", "a");
        // A file where the folder of locks should be stops writing even for root, whom no permission stops.
        Files.writeString(home.resolve("store/locks"), "");
        assertThat(store.list(new ArrayList<>())).hasSize(1);
        assertThatThrownBy(() -> store.lock("m2", () -> {}))
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("JEMMA_HOME");
    }

    @Test
    void removingTakesTheModelAndItsUnfinishedDownload() throws IOException {
        add("m1", "a");
        Files.writeString(store.partial("m1").resolve("x.part"), "x");
        assertThat(store.remove("m1")).isTrue();
        assertThat(store.find("m1")).isEmpty();
        assertThat(home.resolve("store/models")).isEmptyDirectory();
        assertThat(home.resolve("store/partial")).isEmptyDirectory();
        assertThat(store.remove("m1")).isFalse();
        assertThatThrownBy(() -> store.remove("../store")).hasMessageContaining("cannot be a model's name");
    }

    @Test
    void removingALinkedModelLeavesTheFileItPointsTo() throws IOException {
        Path own = Files.writeString(home.resolve("own.gguf"), "GGUFx");
        dev.jemma.cli.TestConsole console = new dev.jemma.cli.TestConsole(Map.of());
        new Importer(store, console.console()).importModel(own, Optional.of("mine"), true, false);
        assertThat(store.remove("mine")).isTrue();
        assertThat(own).exists();
    }

    @Test
    void twoPullsOfOneModelFollowEachOther() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicBoolean waited = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (StoreLock _ = store.lock("m1", () -> waited.set(true))) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.sleep(30);
                    inside.decrementAndGet();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most).hasValue(1);
        assertThat(waited).isTrue();
    }

    @Test
    void importingChecksWhatItTakes() throws IOException {
        Importer importer = new Importer(store, new dev.jemma.cli.TestConsole(Map.of()).console());
        Path text = Files.writeString(home.resolve("readme.txt"), "hello");
        assertThatThrownBy(() -> importer.importModel(text, Optional.empty(), false, false))
                .hasMessageContaining("no GGUF file");
        Path model = Files.writeString(home.resolve("My_Model-Q4.gguf"), "GGUF...");
        StoreEntry entry = importer.importModel(model, Optional.empty(), false, false);
        assertThat(entry.name()).isEqualTo("my_model-q4");
        assertThat(entry.files().getFirst().sha256()).contains(Checksums.of(model));
        assertThatThrownBy(() -> importer.importModel(model, Optional.empty(), false, false))
                .hasMessageContaining("already");
        importer.importModel(model, Optional.empty(), false, true);
        assertThatThrownBy(() -> importer.importModel(model, Optional.of("../x"), false, false))
                .hasMessageContaining("cannot be a model's name");
    }

    @Test
    void aHuggingFaceFolderIsImportedWithWhatBelongsToIt() throws IOException {
        Path folder = Files.createDirectories(home.resolve("hf/1_Pooling")).getParent();
        for (String name :
                List.of("config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json", "README.md")) {
            Files.writeString(folder.resolve(name), name);
        }
        StoreEntry entry = new Importer(store, new dev.jemma.cli.TestConsole(Map.of()).console())
                .importModel(folder, Optional.empty(), false, false);
        assertThat(entry.files())
                .extracting(ModelFile::name)
                .containsExactlyInAnyOrder(
                        "config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json");
        assertThat(store.path(entry)).isDirectory();
    }
}
