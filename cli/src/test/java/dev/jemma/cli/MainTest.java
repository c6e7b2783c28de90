package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void theEntryClassIsOfTheOldestLevelAndTheRestIsNot() throws IOException {
        assertThat(level("Main.class")).isEqualTo(52);
        assertThat(level("Jemma.class")).isEqualTo(69);
    }

    @Test
    void oldAndNewSpellingsOfTheVersionAreRead() {
        assertThat(Main.feature("1.8")).isEqualTo(8);
        assertThat(Main.feature("25")).isEqualTo(25);
    }

    @Test
    void anOlderJavaIsToldWhatItLacks() throws IOException, InterruptedException {
        Optional<Path> old = oldJava();
        if (old.isEmpty()) {
            System.err.println("SKIPPED: no Java older than 25 in /usr/lib/jvm");
        }
        Assumptions.assumeTrue(old.isPresent(), "needs a Java older than 25 in /usr/lib/jvm");
        Process process = new ProcessBuilder(
                        old.get().toString(), "-cp", "target/classes", "dev.jemma.cli.Main", "--version")
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(said).contains("jemma: Jemma needs JDK 25").doesNotContain("Exception");
    }

    private static Optional<Path> oldJava() throws IOException {
        Path folder = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> homes = Files.list(folder)) {
            List<Path> all = homes.sorted().toList();
            for (Path home : all) {
                Path java = home.resolve("bin/java");
                Path release = home.resolve("release");
                if (Files.isExecutable(java)
                        && Files.isReadable(release)
                        && Files.readString(release).matches("(?s).*JAVA_VERSION=\"(1\\.8|11|17|21).*")) {
                    return Optional.of(java);
                }
            }
        }
        return Optional.empty();
    }

    private static int level(String name) throws IOException {
        try (InputStream in = Main.class.getResourceAsStream(name);
                DataInputStream data = new DataInputStream(in)) {
            assertThat(data.readInt()).isEqualTo(0xCAFEBABE);
            data.readUnsignedShort();
            return data.readUnsignedShort();
        }
    }
}
