package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.cli.Progress;
import dev.jemma.cli.TestConsole;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
    private static final byte[] FILE = HubFixture.bytes(1_000_000, 1);
    private static final ModelFile PINNED =
            new ModelFile("model.gguf", Optional.of(1_000_000L), Optional.of(HubFixture.sha256(FILE)));
    private static final ModelFile UNKNOWN = new ModelFile("model.gguf", Optional.empty(), Optional.empty());

    @TempDir
    Path folder;

    private final FakeHub hub = new FakeHub();
    private final TestConsole console = new TestConsole(Map.of());
    private Connection connection;

    @BeforeEach
    void connect() {
        hub.files.put("/o/r/resolve/main/model.gguf", FILE);
        connection = new Connection(
                HubSettings.of(HubFixture.environment(folder, hub.address().toString())));
    }

    @AfterEach
    void end() {
        connection.close();
        hub.close();
    }

    private URI uri() {
        return URI.create(hub.address() + "/o/r/resolve/main/model.gguf");
    }

    private Download.Arrived fetch(ModelFile file) {
        return fetch(file, new Download(connection, HubFixture.HASTY));
    }

    private Download.Arrived fetch(ModelFile file, Download download) {
        try (Progress progress = console.console().progress("model", 0, Progress.Unit.BYTES)) {
            return download.fetch(uri(), file, folder.resolve("partial"), progress, 0);
        }
    }

    @Test
    void aFileArrivesWhole() throws IOException {
        Download.Arrived arrived = fetch(PINNED);
        assertThat(Files.readAllBytes(arrived.path())).isEqualTo(FILE);
        assertThat(arrived.sha256()).isEqualTo(HubFixture.sha256(FILE));
        assertThat(folder.resolve("partial")).isDirectoryNotContaining("glob:**.part*");
    }

    @Test
    void aBrokenLineGoesOnWhereItWas() throws IOException {
        hub.breaks.add(300_000);
        hub.breaks.add(400_000);
        assertThat(Files.readAllBytes(fetch(UNKNOWN).path())).isEqualTo(FILE);
        assertThat(hub.seen).hasSize(3);
        assertThat(hub.seen.get(2).header("Range")).matches("bytes=[1-9]\\d*-");
        assertThat(hub.seen.get(2).header("If-range")).startsWith("\"");
    }

    @Test
    void aKilledDownloadGoesOnInTheNextRun() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.gguf.part"), java.util.Arrays.copyOf(FILE, 600_000));
        assertThat(Files.readAllBytes(fetch(PINNED).path())).isEqualTo(FILE);
        assertThat(hub.seen.getFirst().header("Range")).isEqualTo("bytes=600000-");
    }

    @Test
    void aFileThatChangedMeanwhileIsFetchedAnew() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.gguf.part"), HubFixture.bytes(600_000, 2));
        Files.writeString(folder.resolve("partial/model.gguf.part.etag"), "\"older\"");
        assertThat(Files.readAllBytes(fetch(UNKNOWN).path())).isEqualTo(FILE);
    }

    @Test
    void aPartOfUnknownOriginIsNotBuiltUpon() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.gguf.part"), HubFixture.bytes(600_000, 2));
        assertThat(Files.readAllBytes(fetch(UNKNOWN).path())).isEqualTo(FILE);
        assertThat(hub.seen.getFirst().header("Range")).isEmpty();
    }

    @Test
    void aWrongChecksumDeletesTheFileAndSaysSo() {
        ModelFile wrong = new ModelFile("model.gguf", Optional.of(1_000_000L), Optional.of("0".repeat(64)));
        assertThatThrownBy(() -> fetch(wrong))
                .isInstanceOf(JemmaException.class)
                .isNotInstanceOf(UnavailableException.class)
                .hasMessageContaining("wrong SHA-256")
                .hasMessageContaining("not used");
        assertThat(folder.resolve("partial")).isEmptyDirectory();
    }

    @Test
    void theHubsOwnChecksumCountsWhereNoneIsPinned() {
        hub.linkedSha256.put("/o/r/resolve/main/model.gguf", "1".repeat(64));
        assertThatThrownBy(() -> fetch(UNKNOWN)).hasMessageContaining("wrong SHA-256");
    }

    @Test
    void aFileOfAnotherSizeIsRefused() {
        ModelFile shorter = new ModelFile("model.gguf", Optional.of(999_999L), PINNED.sha256());
        assertThatThrownBy(() -> fetch(shorter)).hasMessageContaining("bytes instead of 999999");
        assertThat(folder.resolve("partial")).isDirectoryNotContaining("glob:**.gguf");
    }

    @Test
    void aMissingFileIsTold() {
        hub.files.clear();
        assertThatThrownBy(() -> fetch(PINNED))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("404");
    }

    @Test
    void aGatedFileNamesTheToken() {
        hub.statuses.put("/o/r/resolve/main/model.gguf", 401);
        assertThatThrownBy(() -> fetch(PINNED))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("HF_TOKEN")
                .hasMessageContaining("accept its terms");
    }

    @Test
    void aBusyServerIsAskedAgainAndThenGivenUp() {
        hub.statuses.put("/o/r/resolve/main/model.gguf", 503);
        assertThatThrownBy(() -> fetch(PINNED))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("503");
        assertThat(hub.seen).hasSize(4);
    }

    @Test
    void aFullDiskKeepsWhatHasArrived() throws IOException {
        Download full = new Download(connection, HubFixture.HASTY, file -> {
            OutputStream disk = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return new OutputStream() {
                private int left = 400_000;

                @Override
                public void write(byte[] buffer, int offset, int length) throws IOException {
                    if (length > left) {
                        throw new IOException("No space left on device");
                    }
                    left -= length;
                    disk.write(buffer, offset, length);
                }

                @Override
                public void write(int b) throws IOException {
                    write(new byte[] {(byte) b}, 0, 1);
                }

                @Override
                public void close() throws IOException {
                    disk.close();
                }
            };
        });
        assertThatThrownBy(() -> fetch(PINNED, full))
                .isInstanceOf(JemmaException.class)
                .isNotInstanceOf(UnavailableException.class)
                .hasMessageContaining("No space left on device")
                .hasMessageContaining("are kept");
        assertThat(Files.size(folder.resolve("partial/model.gguf.part"))).isPositive();
        assertThat(Files.readAllBytes(fetch(PINNED).path())).isEqualTo(FILE);
        assertThat(hub.seen.getLast().header("Range")).startsWith("bytes=");
    }

    @Test
    void aStalledLineIsGivenUpInsteadOfWaitedFor() throws IOException {
        // A listening socket that never answers: the body of an answer that stops half way.
        try (java.net.ServerSocket silent =
                new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
            Thread server = Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        var socket = silent.accept();
                        socket.getInputStream().read(new byte[4096]);
                        socket.getOutputStream()
                                .write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc".getBytes());
                        socket.getOutputStream().flush();
                    }
                } catch (IOException e) {
                    return;
                }
            });
            Download hasty = new Download(
                    connection,
                    new Download.Patience(java.time.Duration.ofMillis(1), java.time.Duration.ofMillis(100)));
            URI uri = URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/x");
            try (Progress progress = console.console().progress("model", 0, Progress.Unit.BYTES)) {
                assertThatThrownBy(() -> hasty.fetch(uri, UNKNOWN, folder.resolve("partial"), progress, 0))
                        .isInstanceOf(UnavailableException.class);
            }
            server.interrupt();
        }
    }

    @Test
    void theTokenGoesToTheHubAndToNobodyItSendsUsTo() throws IOException {
        Map<String, String> environment =
                HubFixture.environment(folder, hub.address().toString());
        environment.put("HF_TOKEN", "hf_secret");
        try (FakeHub cdn = new FakeHub();
                Connection withToken = new Connection(HubSettings.of(environment))) {
            cdn.files.put("/blob", FILE);
            hub.redirects.put("/o/r/resolve/main/model.gguf", cdn.address() + "/blob");
            hub.linkedSha256.put("/o/r/resolve/main/model.gguf", HubFixture.sha256(FILE));
            Download.Arrived arrived = fetch(UNKNOWN, new Download(withToken, HubFixture.HASTY));
            assertThat(arrived.commit()).contains("0123456789abcdef0123456789abcdef01234567");
            assertThat(hub.seen.getFirst().header("Authorization")).isEqualTo("Bearer hf_secret");
            assertThat(cdn.seen).hasSize(1);
            assertThat(cdn.seen.getFirst().headers()).doesNotContainKey("Authorization");
        }
        assertThat(console.err() + HubSettings.of(environment)).doesNotContain("hf_secret");
    }

    @Test
    void anUnreachableHostFailsAtOnceWithAReason() throws IOException {
        int port;
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        URI uri = URI.create("http://127.0.0.1:" + port + "/x");
        try (Progress progress = console.console().progress("model", 0, Progress.Unit.BYTES)) {
            Download download = new Download(connection, HubFixture.HASTY);
            assertThatThrownBy(() -> download.fetch(uri, PINNED, folder.resolve("partial"), progress, 0))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("127.0.0.1 cannot be reached");
        }
    }

    @Test
    void aRedirectCircleEnds() {
        hub.redirects.put("/o/r/resolve/main/model.gguf", "/o/r/resolve/main/model.gguf");
        assertThatThrownBy(() -> fetch(PINNED)).hasMessageContaining("circle");
    }

    @Test
    void aServerThatSendsMoreThanItSaidFillsNoDisk() {
        hub.files.put("/o/r/resolve/main/model.gguf", HubFixture.bytes(3_000_000, 3));
        assertThatThrownBy(() -> fetch(PINNED)).hasMessageContaining("1000001 bytes instead of 1000000");
    }
}
