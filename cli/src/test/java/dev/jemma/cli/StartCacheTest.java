package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache of loaded classes: made by a run on a small model, and never the reason why a command fails. */
class StartCacheTest {
    @TempDir
    Path temp;

    private static String version(Path cache) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Relaunch.java(), "-XX:AOTCache=" + cache));
        command.addAll(
                List.of("-Xlog:disable", "-Xlog:all=error:stderr", "-Xlog:aot*=off:stderr", "-Xlog:cds*=off:stderr"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.jemma.cli.Main", "--version"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        return out;
    }

    @Test
    void aCacheThatDoesNotFitOrIsNoneIsPassedOverInSilence() throws IOException, InterruptedException {
        Path garbage = Files.write(temp.resolve("garbage.aot"), new byte[100_000]);
        String without = version(temp.resolve("missing.aot"));
        assertThat(without).startsWith("jemma ").hasLineCount(1);
        assertThat(version(garbage)).isEqualTo(without);
    }

    @Test
    void whileOneProcessMakesTheCacheAnotherDoesNot() throws IOException, InterruptedException {
        Path cache = temp.resolve("start.aot");
        Files.createFile(temp.resolve("start.aot.new"));
        assertThat(StartCache.make(cache, Path.of(TinyModels.gguf("gemma3-Q8_0")), ""))
                .isEmpty();
        assertThat(cache).doesNotExist();
    }

    @Test
    void aRunThatFailsLeavesNoCache() throws IOException, InterruptedException {
        Path cache = temp.resolve("start.aot");
        assertThat(StartCache.make(cache, temp.resolve("nothing.gguf"), System.getProperty("java.class.path")))
                .isEqualTo(Optional.empty());
        try (var files = Files.list(temp)) {
            assertThat(files).isEmpty();
        }
    }

    /** The class path of this test with its folders packed, since Java caches classes of jars only. */
    private String jars() throws IOException {
        List<String> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (!Files.isDirectory(path)) {
                jars.add(entry);
                continue;
            }
            Path jar = temp.resolve(jars.size() + ".jar");
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                    Stream<Path> files = Files.walk(path)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    out.putNextEntry(
                            new ZipEntry(path.relativize(file).toString().replace(File.separatorChar, '/')));
                    Files.copy(file, out);
                }
            }
            jars.add(jar.toString());
        }
        return String.join(File.pathSeparator, jars);
    }

    @Test
    void aCacheMadeByOneRunServesTheNext() throws IOException, InterruptedException {
        String classPath = jars();
        Path model = Path.of(TinyModels.gguf("gemma3-Q8_0"));
        Optional<Path> cache = StartCache.make(temp.resolve("start.aot"), model, classPath);
        assertThat(cache).isPresent();
        assertThat(temp.resolve("start.aot.new")).doesNotExist();
        List<String> command = new ArrayList<>(List.of(Relaunch.java(), "-XX:AOTCache=" + cache.get()));
        if (Provider.vectorModule()) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:AOTMode=on", "-Xlog:class+load", "-cp", classPath));
        command.addAll(List.of("dev.jemma.cli.Main", "--version"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.lines()
                        .filter(line -> line.contains("dev.jemma.cli.Jemma source"))
                        .toList())
                .singleElement()
                .asString()
                .contains("shared objects file");
    }
}
