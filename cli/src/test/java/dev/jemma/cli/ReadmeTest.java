package dev.jemma.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The README says what is true: its commands run, its Java compiles and runs, its tables are complete. A tiny random model
 * stands in for the real one, under the real one's name in a store of the test's own.
 */
class ReadmeTest {
    private static final Path ROOT = root();
    private static final Path GOLDEN = ROOT.resolve("core/src/test/resources/golden/models");
    private static final String README = read(ROOT.resolve("README.md"));

    /** Lines that a unit test cannot run, and where else they are run: a file that must hold the text. */
    private static final Map<String, Map.Entry<String, String>> RUN_ELSEWHERE = Map.of(
            "git clone <address of this repository> jemma && cd jemma",
            Map.entry("cli/src/test/java/dev/jemma/cli/LauncherTest.java", "class LauncherTest"),
            "./test",
            Map.entry(".ci/run", "exec ./test"));

    /** Names of files in the examples, which the test puts into a folder of its own. */
    private static final Pattern FILE =
            Pattern.compile("[\\w-]+\\.(jsonl|txt|gguf)|model-folder|my-tokenizer|my-run(/adapter)?|my-model-run");

    @TempDir
    Path folder;

    private static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> blocks(String language) {
        Matcher matcher =
                Pattern.compile("(?ms)^```" + language + "\\R(.*?)^```$").matcher(README);
        return matcher.results().map(block -> block.group(1)).toList();
    }

    /** A command line's words, as a shell would cut it. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        Matcher matcher = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(line);
        while (matcher.find()) {
            words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
        }
        return words;
    }

    private Path tinyFolder(String name) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("models").resolve(name));
        try (Stream<Path> files = Files.list(GOLDEN.resolve(name))) {
            for (Path file : files.toList()) {
                String to = file.getFileName().toString();
                Files.copy(file, copy.resolve(to), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(
                GOLDEN.resolve("tokenizer/tokenizer.model"),
                copy.resolve("tokenizer.model"),
                StandardCopyOption.REPLACE_EXISTING);
        return copy;
    }

    private String run(String... args) {
        TestConsole console = new TestConsole(Map.of(
                "JEMMA_HOME", folder.resolve("store").toString(),
                "HF_HUB_CACHE", folder.resolve("hub").toString(),
                "JEMMA_OFFLINE", "1"));
        int code = Jemma.run(console.console(), args);
        assertThat(code)
                .as("jemma %s: %s", String.join(" ", args), console.err())
                .isZero();
        return console.out();
    }

    private void prepare() throws IOException {
        run("import", GOLDEN.resolve("gguf/gemma3-F32.gguf").toString(), "--name", "gemma3-270m");
        run("import", tinyFolder("embeddinggemma").toString(), "--name", "embeddinggemma-300m");
        Files.move(tinyFolder("gemma3"), folder.resolve("model-folder"));
        Files.writeString(folder.resolve("requests.jsonl"), """
                {"prompt": "The capital of France is"}
                {"ids": [2, 40, 41]}
                """);
        Files.writeString(folder.resolve("texts.jsonl"), """
                {"context": "The capital of France", "continuation": " is Paris"}
                {"ids": [2, 40, 41]}
                """);
        Files.writeString(folder.resolve("corpus.txt"), manyWords());
        Files.writeString(folder.resolve("chats.jsonl"), """
                {"prompt": "What is the capital of France?", "completion": "Paris."}
                """);
        Files.writeString(folder.resolve("book.txt"), "It was a bright cold day in April. ".repeat(40));
    }

    @Test
    void everyCommandOfTheReadmeRuns() throws Exception {
        prepare();
        int runs = 0;
        for (String block : blocks("sh")) {
            for (String line : block.lines().filter(l -> !l.isBlank()).toList()) {
                if (RUN_ELSEWHERE.containsKey(line)) {
                    Map.Entry<String, String> where = RUN_ELSEWHERE.get(line);
                    assertThat(read(ROOT.resolve(where.getKey()))).as(line).contains(where.getValue());
                    continue;
                }
                assertThat(line).startsWith("./jemma ");
                String[] args = words(line).stream()
                        .skip(1)
                        .map(word -> FILE.matcher(word).matches()
                                ? folder.resolve(word).toString()
                                : word)
                        .toArray(String[]::new);
                run(args);
                runs++;
            }
        }
        assertThat(runs).isGreaterThan(10);
        assertThat(Files.readAllLines(folder.resolve("answers.jsonl"))).hasSize(2);
        assertThat(Files.readAllLines(folder.resolve("scores.jsonl"))).hasSize(2);
        assertThat(folder.resolve("model-q8_0.gguf")).isNotEmptyFile();
    }

    @Test
    void theJavaExampleCompilesAndStreamsText() throws Exception {
        assertThat(blocks("java")).hasSize(1);
        String example = blocks("java").getFirst();
        assertThat(example.lines().filter(line -> !line.isBlank())).hasSizeLessThanOrEqualTo(10);
        assertThat(example).contains("\"gemma-3-270m-q4_k_m.gguf\"");
        String tiny = GOLDEN.resolve("gguf/gemma3-F32.gguf").toString().replace("\\", "\\\\");
        Path source = folder.resolve("Example.java");
        Files.writeString(source, example.replace("gemma-3-270m-q4_k_m.gguf", tiny));
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int failed = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        errors,
                        errors,
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-d",
                        folder.toString(),
                        source.toString());
        assertThat(failed).as(errors.toString(StandardCharsets.UTF_8)).isZero();
        assertThat(streamed()).isNotBlank();
    }

    private String streamed() throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, ReadmeTest.class.getClassLoader())) {
            Class<?> type = loader.loadClass("Example");
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            Method main = type.getDeclaredMethod("main");
            main.setAccessible(true);
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            main.invoke(constructor.newInstance());
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String manyWords() {
        Random random = new Random(1);
        return Stream.generate(() -> Long.toString(random.nextLong(1L << 30), 26))
                .limit(20_000)
                .collect(Collectors.joining("\n"));
    }

    @Test
    void theDependencyIsTheOneThatIsBuilt() {
        assertThat(blocks("xml")).hasSize(1);
        assertThat(blocks("xml").getFirst())
                .contains("<groupId>dev.jemma</groupId>")
                .contains("<artifactId>jemma-core</artifactId>")
                .contains("<version>" + Environment.jemmaVersion() + "</version>");
    }

    @Test
    void theTableOfCommandsIsComplete() {
        String table = section("Commands");
        TreeSet<String> listed = Pattern.compile("(?m)^\\| (`[a-z`, -]+`) \\|")
                .matcher(table)
                .results()
                .flatMap(row -> Stream.of(row.group(1).replace("`", "").split(", ")))
                .collect(Collectors.toCollection(TreeSet::new));
        TreeSet<String> there =
                Commands.all().stream().map(Commands.Entry::name).collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).isEqualTo(there);
    }

    @Test
    void theTableOfDefaultsNamesEverySamplingFlag() {
        String table = section("Defaults, and who overrides whom");
        for (var field : SamplingFlags.class.getDeclaredFields()) {
            var option = field.getAnnotation(picocli.CommandLine.Option.class);
            if (option != null) {
                assertThat(List.of(option.names())).anyMatch(name -> table.contains("`" + name + "`"));
            }
        }
        Matcher flags = Pattern.compile("`(--[a-z-]+)`").matcher(table);
        String help = run("generate", "--help");
        assertThat(flags.results().map(flag -> flag.group(1)))
                .isNotEmpty()
                .allSatisfy(flag -> assertThat(help).contains(flag));
    }

    @Test
    void theTableOfEnvironmentVariablesIsComplete() throws IOException {
        String table = section("Environment variables");
        Pattern variable = Pattern.compile("\\b(JEMMA_[A-Z_]+|HF_[A-Z_]+)\\b");
        List<Path> sources = new ArrayList<>(List.of(ROOT.resolve("jemma"), ROOT.resolve("bin/find-jdk.sh")));
        try (Stream<Path> files = Files.walk(ROOT.resolve("cli/src/main/java"))) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
        TreeSet<String> used = new TreeSet<>();
        for (Path source : sources) {
            variable.matcher(read(source)).results().forEach(found -> used.add(found.group(1)));
        }
        assertThat(used).isNotEmpty().allSatisfy(name -> assertThat(table).contains("`" + name + "`"));
    }

    private static String section(String title) {
        Matcher matcher = Pattern.compile("(?ms)^## " + Pattern.quote(title) + "$(.*?)(?=^## |\\z)")
                .matcher(README);
        assertThat(matcher.find()).as("section " + title).isTrue();
        return matcher.group(1);
    }
}
