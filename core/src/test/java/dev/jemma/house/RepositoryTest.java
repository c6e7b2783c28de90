package dev.jemma.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** House rules that hold for every file of the repository. */
class RepositoryTest {
    private static final int MOST_LINES = 600;
    private static final long MOST_BYTES = 1_000_000;

    /** Things that would tie a checkout to one machine or one company; spelled so that this file is not guilty itself. */
    private static final Map<String, Pattern> FORBIDDEN = Map.of(
            "a path of one machine",
                    Pattern.compile(
                            "(?<![\\w.])/(work/|root/|home/(?!(user|me|you|ann|\\w)\\b)\\w|Users/\\w)|[A-Z]:\\\\+Users\\\\+\\w"),
            "a private network address",
                    Pattern.compile(
                            "(?<![\\d.])(10\\.\\d+|192\\.168|172\\.(1[6-9]|2\\d|3[01]))\\.\\d+\\.\\d+(?![\\d.])"),
            "a package registry or its mirror",
                    Pattern.compile(
                            "(?i)\\b(repo1?\\.maven\\.(apache\\.)?org|files\\.pythonhosted\\.org|pypi\\.org/simple"
                                    + "|registry\\.npmjs\\.org|[\\w-]+\\.jfrog\\.io|\\w*(artifactory|nexus|devpi)[\\w-]*\\.[\\w.]+)"
                                    + "|--?(index-url|trusted-host)[ =]\\S*\\w\\.\\w"),
            "a mark of a merge", Pattern.compile("(?m)^(<{7}|>{7}) "),
            "a secret", Pattern.compile("\\bhf_[A-Za-z0-9]{30,}|-----BEGIN (RSA |EC )?PRIVATE KEY"));

    private static List<String> guilty(Path file, String text) {
        List<String> found = new ArrayList<>();
        FORBIDDEN.forEach((what, pattern) -> {
            Matcher matcher = pattern.matcher(text);
            if (matcher.find()) {
                long line = text.substring(0, matcher.start()).lines().count();
                found.add(file + ", about line " + line + ": " + what + ": " + matcher.group());
            }
        });
        return found;
    }

    @Test
    void noFileOfJavaIsLongerThanSixHundredLines() {
        List<Path> sources = Repository.files(".java");
        assertThat(sources).hasSizeGreaterThan(100);
        assertThat(sources)
                .allSatisfy(file -> assertThat(Repository.text(file)
                                .orElseThrow(() -> new AssertionError("is not UTF-8"))
                                .lines()
                                .count())
                        .as("lines of %s", file)
                        .isLessThanOrEqualTo(MOST_LINES));
    }

    @Test
    void noFileNamesAMachineARegistryOrASecret() {
        List<String> found = new ArrayList<>();
        for (Path file : Repository.files()) {
            Repository.text(file).ifPresent(text -> found.addAll(guilty(file, text)));
        }
        assertThat(found).isEmpty();
    }

    @Test
    void eachForbiddenThingIsRecognized() {
        Path file = Path.of("example");
        List<String> examples = List.of(
                "cat " + "/wor" + "k/main/x",
                "see " + "/roo" + "t/.m2",
                "in " + "/hom" + "e/alice/jemma",
                "C:" + "\\Users\\alice",
                "http://" + "10.1" + ".2.3:8080/",
                "https://repo" + ".maven.apache.org/maven2",
                "https://nexus" + ".example.com/repository",
                "pip --index" + "-url=https://mirror.example.com",
                "<<<<<" + "<< HEAD",
                "hf_" + "a".repeat(34));
        assertThat(examples).allSatisfy(text -> assertThat(guilty(file, text)).hasSize(1));
        assertThat(guilty(file, "/home/you/models, 127.0.0.1 and version 10.0.1.Final are fine"))
                .isEmpty();
    }

    @Test
    void noFileIsLargerThanAMegabyte() throws IOException {
        for (Path file : Repository.files()) {
            assertThat(Files.size(Repository.root().resolve(file)))
                    .as("bytes of %s", file)
                    .isLessThan(MOST_BYTES);
        }
    }

    @Test
    void everyPackageSaysWhatItIsAndThatNothingIsNull() {
        for (Path file : Repository.files(".java")) {
            String path = file.toString().replace('\\', '/');
            if (path.contains("/src/main/java/") && !path.endsWith("-info.java")) {
                Path info = file.resolveSibling("package-info.java");
                assertThat(Repository.root().resolve(info)).exists();
                assertThat(Repository.text(info).orElseThrow())
                        .as("%s", info)
                        .startsWith("/**")
                        .contains("@NullMarked");
            }
        }
    }

    @Test
    void configurationsOfIdesStartJavaWithTheFlagsOfTheBuild() {
        Matcher flags = Pattern.compile("<jemma\\.jvm\\.flags>(.*)</jemma\\.jvm\\.flags>")
                .matcher(Repository.text(Path.of("pom.xml")).orElseThrow());
        assertThat(flags.find()).isTrue();
        List<Path> configurations = Repository.files(".run.xml");
        assertThat(configurations).isNotEmpty();
        for (Path file : configurations) {
            assertThat(Repository.text(file).orElseThrow()).contains("\"" + flags.group(1) + "\"");
        }
        String settings = Repository.text(Path.of(".vscode", "settings.json")).orElseThrow();
        for (String flag : flags.group(1).split(" ")) {
            assertThat(settings).contains("\"" + flag + "\"");
        }
    }

    private static List<String> sourcesWith(String folder, Pattern pattern) {
        List<String> found = new ArrayList<>();
        for (Path file : Repository.files(".java")) {
            String path = file.toString().replace('\\', '/');
            if (path.startsWith(folder)
                    && pattern.matcher(Repository.text(file).orElseThrow()).find()) {
                found.add(path.substring(folder.length()));
            }
        }
        return found;
    }

    @Test
    void onlyTheHubOfTheCommandLineKnowsTheNetwork() {
        Pattern network =
                Pattern.compile("\\bjava\\.net\\.(?!URI\\b)|\\bjavax\\.net\\.|\\bjava\\.nio\\.channels\\.\\w*Socket");
        assertThat(sourcesWith("cli/src/main/java/dev/jemma/cli/", network))
                .isNotEmpty()
                .allSatisfy(file -> assertThat(file).startsWith("hub/"));
    }

    @Test
    void theOnlyProgramsThatAreStartedArePipAndTheJavaThatRunsUs() {
        Pattern process = Pattern.compile("\\bProcessBuilder\\b|\\bgetRuntime\\(\\)\\.exec\\b");
        assertThat(sourcesWith("cli/src/main/java/dev/jemma/cli/", process))
                .containsExactlyInAnyOrder("hub/Pip.java", "Relaunch.java", "StartCache.java");
    }

    @Test
    void theNoticesNameEveryLibraryAtRunTimeWithItsVersion() {
        String pom = Repository.text(Path.of("pom.xml")).orElseThrow();
        String notices = Repository.text(Path.of("THIRD-PARTY-NOTICES.md")).orElseThrow();
        Pattern dependency =
                Pattern.compile("<dependency>\\s*<groupId>([^<]+)</groupId>\\s*<artifactId>([^<]+)</artifactId>"
                        + "(?:\\s*<version>[^<]+</version>)?(?:\\s*<scope>([^<]+)</scope>)?");
        int libraries = 0;
        for (String module : List.of("core", "data", "serve", "cli", "langchain4j", "spring-ai", "spring-ai-starter")) {
            Matcher found = dependency.matcher(
                    Repository.text(Path.of(module, "pom.xml")).orElseThrow());
            while (found.find()) {
                if (found.group(3) != null || found.group(1).equals("dev.jemma")) {
                    continue; // for tests or the compiler only, or ours
                }
                String version = version(pom, found.group(2));
                assertThat(notices).contains("| " + found.group(1) + ":" + found.group(2) + " | " + version + " |");
                libraries++;
            }
        }
        assertThat(libraries).isGreaterThanOrEqualTo(4);
    }

    /** The version that the parent gives an artifact. */
    private static String version(String pom, String artifact) {
        Matcher property = Pattern.compile("<artifactId>" + artifact + "</artifactId>\\s*<version>\\$\\{([^}]+)}")
                .matcher(pom);
        assertThat(property.find()).as(artifact).isTrue();
        Matcher value = Pattern.compile("<" + Pattern.quote(property.group(1)) + ">([^<]+)<")
                .matcher(pom);
        assertThat(value.find()).as(property.group(1)).isTrue();
        return value.group(1);
    }
}
