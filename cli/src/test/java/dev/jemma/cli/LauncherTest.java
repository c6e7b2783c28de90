package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher and its helpers in a checkout of cardboard: java and mvn are scripts that write down how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> TOOLS = List.of(
            "sh",
            "sed",
            "head",
            "find",
            "cat",
            "mkdir",
            "rmdir",
            "rm",
            "mv",
            "dirname",
            "readlink",
            "sleep",
            "grep",
            "cut",
            "touch");

    @TempDir
    Path temp;

    private Path checkout;
    private Path tools;
    private final Map<String, String> environment = new HashMap<>();
    private final Map<Process, Path> errorOf = new HashMap<>();

    record Outcome(int code, String out, String err) {}

    @BeforeEach
    void cardboard() throws IOException {
        checkout = Files.createDirectories(temp.resolve("a checkout"));
        Files.createDirectories(checkout.resolve("bin"));
        for (String file : List.of("jemma", "bin/find-jdk.sh", "bin/build.sh", "bin/java-flags.sh")) {
            Files.copy(ROOT.resolve(file), checkout.resolve(file));
        }
        assertThat(checkout.resolve("jemma").toFile().setExecutable(true)).isTrue();
        for (String file :
                List.of("pom.xml", "core/pom.xml", "cli/pom.xml", "core/src/main/A.java", "cli/src/main/B.java")) {
            Path path = checkout.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, "");
        }
        tools = Files.createDirectories(temp.resolve("tools"));
        for (String tool : TOOLS) {
            for (String folder : List.of("/usr/bin", "/bin")) {
                if (Files.exists(Path.of(folder, tool)) && !Files.exists(tools.resolve(tool))) {
                    Files.createSymbolicLink(tools.resolve(tool), Path.of(folder, tool));
                }
            }
        }
        script(
                temp.resolve("jdk/bin/java"),
                "for word in \"$@\"; do echo \"<$word>\"; done; echo \"LC_ALL=${LC_ALL:-}\"");
        script(temp.resolve("jdk/bin/javac"), "exit 0");
        Files.writeString(temp.resolve("jdk/release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.1\"\n");
        maven("3.8.7", "mkdir -p cli/target/lib; : > cli/target/jemma-cli.jar");
        environment.put("PATH", tools.toString());
        environment.put("HOME", temp.toString());
        environment.put("JEMMA_JAVA_HOME", temp.resolve("jdk").toString());
        environment.put("LANG", "de_DE.UTF-8");
    }

    private void maven(String version, String work) throws IOException {
        script(
                tools.resolve("mvn"),
                "if [ \"$1\" = -v ]; then printf '\\033[1mApache Maven " + version + "\\033[m\\n'; exit 0; fi\n"
                        + "echo \"JAVA_HOME=$JAVA_HOME $*\" >> '" + temp.resolve("mvn.log") + "'\n" + work);
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private Process start(Path program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        Path err = Files.createTempFile(temp, "err", "");
        builder.redirectError(err.toFile());
        Process process = builder.start();
        errorOf.put(process, err);
        return process;
    }

    private Outcome end(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), out, Files.readString(errorOf.get(process)));
    }

    private Outcome jemma(String... arguments) throws IOException, InterruptedException {
        return end(start(checkout.resolve("jemma"), arguments));
    }

    private long builds() throws IOException {
        Path log = temp.resolve("mvn.log");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void theScriptsAreGoodShell() throws IOException, InterruptedException {
        for (String script : List.of(
                "jemma", "test", ".ci/run", "bin/find-jdk.sh", "bin/build.sh", "bin/java-flags.sh", "bin/slow-tests")) {
            for (String shell : List.of("/bin/sh", "/bin/dash", "/bin/bash")) {
                if (Files.isExecutable(Path.of(shell))) {
                    Outcome outcome =
                            end(start(Path.of(shell), "-n", ROOT.resolve(script).toString()));
                    assertThat(outcome).as(shell + " " + script).isEqualTo(new Outcome(0, "", ""));
                }
            }
        }
        for (String script : List.of("jemma", "test", ".ci/run")) {
            assertThat(ROOT.resolve(script)).isExecutable();
        }
    }

    @Test
    void whatIsNotBuiltIsBuiltOnceWithoutTestsAndChecks() throws IOException, InterruptedException {
        Outcome first = jemma("list");
        assertThat(first.code()).isZero();
        assertThat(first.err()).startsWith("jemma: building").hasLineCount(1);
        assertThat(Files.readString(temp.resolve("mvn.log")))
                .contains("JAVA_HOME=" + temp.resolve("jdk"))
                .contains("-pl cli -am package -Dquick -Dmaven.test.skip=true");
        assertThat(jemma("list").err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
        assertThat(checkout.resolve(".build-lock")).doesNotExist();
    }

    @Test
    void aNewerSourceIsBuiltAgain() throws IOException, InterruptedException {
        jemma("list");
        Files.setLastModifiedTime(
                checkout.resolve("core/src/main/A.java"),
                FileTime.from(Instant.now().plusSeconds(60)));
        jemma("list");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void argumentsArriveAsTheyAreThroughALinkFromAnywhere() throws IOException, InterruptedException {
        Path links = Files.createDirectories(temp.resolve("my links"));
        Files.createSymbolicLink(links.resolve("one"), Path.of("../a checkout/jemma"));
        Files.createSymbolicLink(links.resolve("two"), links.resolve("one"));
        Outcome outcome = end(start(links.resolve("two"), "generate", "two  words", "*", ""));
        assertThat(outcome.out()).contains("<dev.jemma.cli.Main>\n<generate>\n<two  words>\n<*>\n<>\n");
        assertThat(outcome.out()).contains("<" + checkout.toRealPath() + "/cli/target/jemma-cli.jar>");
    }

    @Test
    void onlyCommandsThatComputeAreToldHowTheyMayStartAgain() throws IOException, InterruptedException {
        assertThat(jemma("generate", "x").out())
                .containsAnyOf("<jdk.incubator.vector>", "<-Djemma.relaunch=true>")
                .contains("<-Xlog:disable>");
        assertThat(jemma("tokenize", "x").out())
                .doesNotContain("vector")
                .doesNotContain("relaunch")
                .doesNotContain("TieredStopAtLevel");
        assertThat(jemma("generate", "--help").out())
                .doesNotContain("vector")
                .doesNotContain("relaunch")
                .contains("TieredStopAtLevel=1");
        assertThat(jemma().out()).contains("TieredStopAtLevel=1");
    }

    @Test
    void theVectorModuleComesWhereKernelsAreNotWrittenAtRunTime() throws IOException, InterruptedException {
        for (String flag : List.of("-Djemma.emit=off", "-Djemma.kernels=vector")) {
            environment.put("JEMMA_JAVA_OPTS", "-Xmx1g " + flag);
            assertThat(jemma("generate", "x").out())
                    .contains("<jdk.incubator.vector>")
                    .doesNotContain("relaunch");
        }
        environment.remove("JEMMA_JAVA_OPTS");
        environment.put("JDK_JAVA_OPTIONS", "-Djemma.emit=off");
        assertThat(jemma("generate", "x").out()).contains("<jdk.incubator.vector>");
    }

    private boolean emits(String processor, String flags) throws IOException, InterruptedException {
        Path list = Files.writeString(temp.resolve("cpuinfo"), processor);
        Process process = start(
                tools.resolve("sh"),
                "-c",
                ". \"$0\"; emits \"$1\" \"$2\"",
                checkout.resolve("bin/java-flags.sh").toString(),
                list.toString(),
                flags);
        return end(process).code() == 0;
    }

    @Test
    void theProcessorAndTheFlagsTellWhetherKernelsAreWrittenAtRunTime() throws IOException, InterruptedException {
        String new8 = "processor\t: 0\nmodel name\t: A chip of avx2\nflags\t\t: fpu fma avx f16c avx2\nbugs\t\t:\n";
        assertThat(emits(new8, "-Xmx8g -Djemma.kernels=x86-avx2")).isTrue();
        assertThat(emits(new8, "-Xmx8g -Djemma.kernels=vector -Xss1m")).isFalse();
        assertThat(emits(new8, "-Djemma.emit=off")).isFalse();
        for (String lacking : List.of("avx2", "fma", "f16c")) {
            assertThat(emits(new8.replace(" " + lacking, " x" + lacking), "")).isFalse();
        }
        assertThat(emits("processor\t: 0\nFeatures\t: fp asimd avx2 fma f16c\n", ""))
                .isFalse();
        assertThat(emits("", "")).isFalse();
    }

    private String startFlag(String... arguments) throws IOException, InterruptedException {
        return jemma(arguments)
                .out()
                .lines()
                .filter(line -> line.contains("aot=") || line.contains("AOTCache="))
                .findFirst()
                .orElse("");
    }

    @Test
    void aCacheThatFitsIsUsedAndOneThatDoesNotIsMadeAnew() throws IOException, InterruptedException {
        Files.writeString(
                temp.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\nJAVA_RUNTIME_VERSION=\"25.0.1+8-X\"\n");
        String wanted = startFlag("generate", "x");
        assertThat(wanted).matches("<-Djemma.aot=.*/a checkout/cli/target/start-jdk-25\\.0\\.1\\+8-X(-vector)?\\.aot>");
        Path cache = Path.of(wanted.substring("<-Djemma.aot=".length(), wanted.length() - 1));
        Files.writeString(cache, "");
        Files.setLastModifiedTime(cache, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(startFlag("generate", "x")).isEqualTo("<-XX:AOTCache=" + cache + ">");
        environment.put("JEMMA_AOT", "off");
        assertThat(startFlag("generate", "x")).isEqualTo("<-Djemma.aot=>");
        environment.remove("JEMMA_AOT");
        Path jar = Files.writeString(checkout.resolve("cli/target/lib/new.jar"), "");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plusSeconds(120)));
        assertThat(startFlag("generate", "x")).isEqualTo(wanted);
        Files.delete(jar);
        Files.writeString(
                temp.resolve("jdk/release"), "JAVA_VERSION=\"25.0.2\"\nJAVA_RUNTIME_VERSION=\"25.0.2+9-X\"\n");
        assertThat(startFlag("generate", "x")).startsWith("<-Djemma.aot=").contains("25.0.2+9-X");
    }

    @Test
    void noCacheIsMadeWithFlagsOfTheCallersOrByCommandsThatComputeNothing() throws IOException, InterruptedException {
        assertThat(startFlag("list")).isEqualTo("<-Djemma.aot=>");
        environment.put("JEMMA_JAVA_OPTS", "-Xmx8g");
        assertThat(startFlag("generate", "x")).isEqualTo("<-Djemma.aot=>");
    }

    @Test
    void flagsOfTheCallersAreAddedAndNotExpanded() throws IOException, InterruptedException {
        environment.put("JEMMA_JAVA_OPTS", "-Xmx8g -Dx=*");
        assertThat(jemma("generate").out()).contains("<-Xmx8g>\n<-Dx=*>\n");
    }

    @Test
    void theBareLocaleBecomesUtf8() throws IOException, InterruptedException {
        assertThat(jemma("list").out()).contains("LC_ALL=\n");
        environment.put("LANG", "C");
        assertThat(jemma("list").out()).contains("LC_ALL=C.UTF-8\n");
        environment.remove("LANG");
        assertThat(jemma("list").out()).contains("LC_ALL=C.UTF-8\n");
    }

    @Test
    void aFailedBuildNamesItsLog() throws IOException, InterruptedException {
        maven("3.9.1", "echo '[ERROR] something is broken'; exit 1");
        Outcome outcome = jemma("list");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err())
                .contains("something is broken")
                .contains("the build failed; see")
                .contains("build.log");
        assertThat(outcome.out()).isEmpty();
        assertThat(checkout.resolve(".build-lock")).doesNotExist();
    }

    @Test
    void anOldOrMissingMavenIsToldInALine() throws IOException, InterruptedException {
        maven("3.6.3", "exit 0");
        Outcome old = jemma("list");
        assertThat(old.code()).isEqualTo(1);
        assertThat(old.err()).contains("is 3.6.3; building needs 3.8").hasLineCount(1);
        Files.delete(tools.resolve("mvn"));
        Outcome none = jemma("list");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err()).contains("no mvn on the PATH").hasLineCount(1);
    }

    @Test
    void twoAtOnceBuildOnce() throws IOException, InterruptedException {
        maven("4.0.0", "sleep 1; mkdir -p cli/target/lib; : > cli/target/jemma-cli.jar");
        Process one = start(checkout.resolve("jemma"), "list");
        Process two = start(checkout.resolve("jemma"), "list");
        assertThat(List.of(end(one).code(), end(two).code())).containsExactly(0, 0);
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void theLockOfADeadBuildIsCleared() throws IOException, InterruptedException {
        Files.createDirectories(checkout.resolve(".build-lock"));
        Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        Files.writeString(checkout.resolve(".build-lock/pid"), gone.pid() + "\n");
        assertThat(jemma("list").code()).isZero();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void aWrongJdkIsNotPassedOverInSilence() throws IOException, InterruptedException {
        Files.writeString(temp.resolve("jdk/release"), "JAVA_VERSION=\"21.0.4\"\n");
        Outcome outcome = jemma("list");
        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.err()).contains("JEMMA_JAVA_HOME").contains("not a JDK of version 25");
    }

    @Test
    void withoutAJdkItSaysHowToGetOne() throws IOException, InterruptedException {
        environment.remove("JEMMA_JAVA_HOME");
        Outcome outcome = end(start(
                tools.resolve("sh"),
                "-c",
                ". \"$0\"; JDK_WANTED=9999; find_jdk || exit 7",
                checkout.resolve("bin/find-jdk.sh").toString()));
        assertThat(outcome.code()).isEqualTo(7);
        assertThat(outcome.err())
                .contains("no JDK 9999 or newer was found")
                .contains("apt install")
                .contains("adoptium");
    }

    @Test
    void javaHomeThePathAndTheUsualFoldersAreSearched() throws IOException, InterruptedException {
        environment.remove("JEMMA_JAVA_HOME");
        environment.put("JAVA_HOME", temp.resolve("jdk").toString());
        assertThat(jemma("list").out()).contains("<list>");
        environment.put("JAVA_HOME", temp.resolve("nowhere").toString());
        Files.createSymbolicLink(tools.resolve("java"), temp.resolve("jdk/bin/java"));
        assertThat(jemma("list").out()).contains("<list>");
        Files.delete(tools.resolve("java"));
        environment.remove("JAVA_HOME");
        Path sdkman = temp.resolve(".sdkman/candidates/java/25.0.1-tem");
        Files.createDirectories(sdkman.getParent());
        Files.move(temp.resolve("jdk"), sdkman);
        Outcome outcome = end(start(
                tools.resolve("sh"),
                "-c",
                ". \"$0\"; find_jdk && jdk_version \"$1\" && jdk_fits \"$1\" && echo fits",
                checkout.resolve("bin/find-jdk.sh").toString(),
                sdkman.toString()));
        assertThat(outcome.out()).isEqualTo("25\nfits\n");
    }
}
