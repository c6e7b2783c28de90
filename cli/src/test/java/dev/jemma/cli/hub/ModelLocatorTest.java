package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.cli.TestConsole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way from a name to a file, against a hub on the loopback. */
class ModelLocatorTest {
    private static final byte[] FILE = HubFixture.bytes(200_000, 5);
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    @TempDir
    Path folder;

    private final FakeHub hub = new FakeHub();
    private final Map<String, String> environment = new HashMap<>();
    private TestConsole console = new TestConsole(Map.of());

    @BeforeEach
    void catalogue() {
        environment.putAll(HubFixture.environment(folder, hub.address().toString()));
        environment.put(
                "JEMMA_CATALOG",
                HubFixture.catalogue(
                                folder,
                                "{\"kind\": \"huggingface\", \"repository\": \"o/tiny\"},"
                                        + "{\"kind\": \"address\", \"base\": \"" + hub.address() + "/mirror\"}",
                                FILE)
                        .toString());
        hub.files.put("/o/tiny/resolve/main/tiny.gguf", FILE);
    }

    @AfterEach
    void end() {
        hub.close();
    }

    private ModelLocator locator() {
        return HubFixture.locator(environment, console, true);
    }

    @Test
    void theDefaultModelIsFetchedOnceAndThenAtHand() throws IOException {
        ModelLocator.Located located = locator().locate("");
        assertThat(Files.readAllBytes(located.path())).isEqualTo(FILE);
        assertThat(located.name()).isEqualTo("tiny");
        assertThat(located.sha256()).contains(HubFixture.sha256(FILE));
        assertThat(console.err()).contains("trying Hugging Face o/tiny");
        assertThat(locator().resolve("tiny")).isEqualTo(located.path());
        assertThat(hub.seen).hasSize(1);
    }

    @Test
    void theNextSourceIsTriedWhenOneFails() throws IOException {
        hub.files.clear();
        hub.files.put("/mirror/tiny.gguf", FILE);
        assertThat(Files.readAllBytes(locator().resolve("tiny"))).isEqualTo(FILE);
        assertThat(console.err()).contains("404").contains("trying " + hub.address() + "/mirror/");
        assertThat(locator().store().find("tiny").orElseThrow().source()).isEqualTo(hub.address() + "/mirror/");
    }

    @Test
    void aSourceThatHoldsAnotherFileEndsThePull() {
        hub.files.put("/o/tiny/resolve/main/tiny.gguf", HubFixture.bytes(200_000, 6));
        assertThatThrownBy(() -> locator().resolve("tiny")).hasMessageContaining("wrong SHA-256");
        assertThat(locator().store().find("tiny")).isEmpty();
        assertThat(hub.seen).hasSize(1);
    }

    @Test
    void withoutAnySourceTheErrorNamesThemAllAndModelsAtHandStillWork() throws IOException {
        Path own = Files.writeString(folder.resolve("own.gguf"), "GGUF");
        new Importer(locator().store(), console.console()).importModel(own, Optional.of("own"), false, false);
        hub.files.clear();
        assertThatThrownBy(() -> locator().resolve("tiny"))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("tiny cannot be had")
                .hasMessageContaining("in the store: own");
        assertThat(locator().resolve("own")).exists();
        assertThat(locator().resolve(own.toString())).isEqualTo(own);
    }

    @Test
    void offlineOpensNoConnection() {
        environment.put("JEMMA_OFFLINE", "1");
        assertThatThrownBy(() -> locator().resolve("tiny")).hasMessageContaining("--offline forbids");
        assertThat(hub.seen).isEmpty();
    }

    @Test
    void withoutConsentAScriptIsToldHowToGiveIt() {
        assertThatThrownBy(() -> HubFixture.locator(environment, console, false).resolve("tiny"))
                .hasMessageContaining("https://ai.google.dev/gemma/terms")
                .hasMessageContaining("--accept-license")
                .hasMessageContaining("JEMMA_ACCEPT_LICENSE=1");
        assertThat(hub.seen).isEmpty();
    }

    @Test
    void consentByVariableIsEnough() {
        environment.put("JEMMA_ACCEPT_LICENSE", "1");
        assertThat(HubFixture.locator(environment, console, false).resolve("tiny"))
                .exists();
    }

    @Test
    void aPersonIsAskedOnce() {
        console = TestConsole.typing(Map.of(), "what?\nyes\n");
        assertThat(HubFixture.locator(environment, console, false).resolve("tiny"))
                .exists();
        assertThat(console.err()).contains("Gemma Terms of Use", "Do you accept", "Prohibited Use Policy");
        console = TestConsole.typing(Map.of(), "");
        HubFixture.locator(environment, console, false).fetch("tiny", Optional.empty(), true);
        assertThat(console.err()).doesNotContain("Do you accept");
    }

    @Test
    void aPersonWhoDeclinesGetsNothing() {
        console = TestConsole.typing(Map.of(), "no\n");
        assertThatThrownBy(() -> HubFixture.locator(environment, console, false).resolve("tiny"))
                .hasMessageContaining("not accepted");
        assertThat(hub.seen).isEmpty();
    }

    @Test
    void aRepositorysOwnListGivesSizesChecksumsAndTheCommit() throws IOException {
        byte[] config = "{\"model_type\": \"gemma3_text\"}".getBytes();
        hub.files.put("/api/models/google/g/revision/main", """
                {"sha": "%s", "tags": ["license:gemma"], "siblings": [
                 {"rfilename": "config.json", "size": %d},
                 {"rfilename": "../../evil", "size": 3},
                 {"rfilename": "README.md", "size": 3},
                 {"rfilename": "model.safetensors", "size": %d, "lfs": {"sha256": "%s"}}]}
                """.formatted(
                COMMIT, config.length, FILE.length, HubFixture.sha256(FILE)).getBytes());
        hub.files.put("/google/g/resolve/" + COMMIT + "/config.json", config);
        hub.files.put("/google/g/resolve/" + COMMIT + "/model.safetensors", FILE);
        Path path = locator().resolve("hf:google/g");
        assertThat(path.toFile().list()).containsExactlyInAnyOrder("config.json", "model.safetensors", "model.json");
        StoreEntry entry = locator().store().find("google--g").orElseThrow();
        assertThat(entry.revision()).isEqualTo(COMMIT);
        assertThat(entry.files()).allSatisfy(file -> assertThat(file.sha256()).isPresent());
    }

    @Test
    void aRepositoryOfSeveralGgufsAsksWhich() {
        hub.files.put("/api/models/o/many/revision/main", """
                {"sha": "%s", "siblings": [{"rfilename": "a-Q4.gguf"}, {"rfilename": "b-Q8.gguf"},
                 {"rfilename": "mmproj-model.gguf"}]}""".formatted(COMMIT).getBytes());
        assertThatThrownBy(() -> locator().resolve("hf:o/many"))
                .hasMessageContaining("hf:o/many:FILE (a-Q4.gguf, b-Q8.gguf)");
        assertThatThrownBy(() -> locator().resolve("hf:o/many:c.gguf")).hasMessageContaining("has no file c.gguf");
    }

    @Test
    void theHuggingFaceCacheIsUsedBeforeTheNetwork() throws IOException {
        Path repository = folder.resolve("hf/hub/models--o--tiny");
        Path snapshot = Files.createDirectories(repository.resolve("snapshots/" + COMMIT));
        HubFixture.write(repository.resolve("refs/main"), COMMIT + "\n");
        Files.createDirectories(repository.resolve("blobs"));
        Files.write(repository.resolve("blobs/x"), FILE);
        Files.createSymbolicLink(snapshot.resolve("tiny.gguf"), Path.of("../../blobs/x"));
        assertThat(Files.readAllBytes(locator().resolve("tiny"))).isEqualTo(FILE);
        assertThat(locator().resolve("hf:o/tiny")).isEqualTo(snapshot.resolve("tiny.gguf"));
        assertThat(locator().resolve("hf:o/tiny:tiny.gguf@" + COMMIT)).isEqualTo(snapshot.resolve("tiny.gguf"));
        assertThat(hub.seen).isEmpty();
        Files.write(repository.resolve("blobs/x"), new byte[10]);
        assertThat(locator().resolve("tiny")).isEqualTo(folder.resolve("store/models/tiny/tiny.gguf"));
    }

    @Test
    void thePreferredModelFallsBackVisibly() {
        TestConsole own = new TestConsole(Map.of());
        hub.files.put("/catalogue.json", "{}".getBytes());
        ModelLocator locator = HubFixture.locator(environment, own, true);
        assertThat(locator.prefer("hf:o/absent", "tiny").name()).isEqualTo("tiny");
        assertThat(own.err()).contains("warning: using tiny instead of hf:o/absent");
    }

    @Test
    void aCompanysCatalogueAtAnAddressServesFromItsLastCopyWhenItIsGone() throws IOException {
        String text = Files.readString(Path.of(environment.get("JEMMA_CATALOG")));
        hub.files.put("/catalogue.json", text.getBytes());
        environment.put("JEMMA_CATALOG", hub.address() + "/catalogue.json");
        assertThat(locator().catalogue().defaultName()).isEqualTo("tiny");
        hub.files.remove("/catalogue.json");
        assertThat(locator().catalogue().defaultName()).isEqualTo("tiny");
        assertThat(console.err()).contains("cannot be reached; using the copy");
    }

    @Test
    void onlyTheWishedKindOfSourceIsUsed() {
        assertThatThrownBy(() -> locator().fetch("tiny", Optional.of("pypi"), true))
                .hasMessageContaining("has no source of kind pypi");
    }
}
