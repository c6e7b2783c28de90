package dev.jemma.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jemma.langchain4j.JemmaChatRequestParameters;
import dev.jemma.springai.JemmaChatOptions;
import dev.jemma.springai.starter.JemmaProperties;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/adapters.md says what is true: its programs compile and run, its properties and parameters are there. */
class AdaptersPageTest {
    private static final Pattern PROGRAM = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
    private static final Pattern CLASS = Pattern.compile("(?m)^class (\\w+)");

    /** A program of the page. */
    private static final class Program extends SimpleJavaFileObject {
        final String name;
        private final String text;

        Program(String name, String text) {
            super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
            this.name = name;
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    static Path root() {
        Path dir = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(dir.resolve(".mvn"))) {
            dir = dir.getParent();
        }
        return dir;
    }

    private static String page() throws IOException {
        return Files.readString(root().resolve("docs/adapters.md"));
    }

    private static List<Program> programs() throws IOException {
        List<Program> programs = new ArrayList<>();
        PROGRAM.matcher(page()).results().forEach(found -> {
            Matcher name = CLASS.matcher(found.group(1));
            assertThat(name.find()).isTrue();
            programs.add(new Program(name.group(1), found.group(1)));
        });
        return programs;
    }

    /** Compiles into a folder; returns what the compiler says. */
    private static String compile(List<? extends JavaFileObject> sources, Path folder) {
        StringWriter said = new StringWriter();
        JavaCompiler.CompilationTask task = ToolProvider.getSystemJavaCompiler()
                .getTask(
                        said,
                        null,
                        null,
                        List.of("-d", folder.toString(), "-proc:none", "-cp", System.getProperty("java.class.path")),
                        null,
                        sources);
        boolean good = task.call();
        return good ? "" : said.toString();
    }

    /** Runs a program's main with the small reference model of core's tests; returns what it printed. */
    private static String run(Path folder, String program, String... arguments) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader classes =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, AdaptersPageTest.class.getClassLoader())) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            Thread.currentThread().setContextClassLoader(classes);
            var main = classes.loadClass(program).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) arguments);
        } finally {
            System.setOut(before);
            Thread.currentThread().setContextClassLoader(AdaptersPageTest.class.getClassLoader());
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void itsProgramsCompileAndTheFirstOneRuns(@TempDir Path folder) throws Exception {
        List<Program> programs = programs();
        assertThat(programs.stream().map(p -> p.name)).containsExactly("Forecaster", "Answering");
        assertThat(compile(programs, folder)).isEmpty();
        String model = root().resolve("core/src/test/resources/golden/models/gguf/gemma3-F32.gguf")
                .toString();
        assertThat(run(folder, "Forecaster", model)).containsPattern("Weather\\[sky=(CLEAR|GREY|RAIN), warm=");
    }

    @Test
    void aProgramThatDoesNotCompileIsFound(@TempDir Path folder) {
        assertThat(compile(List.of(new Program("Wrong", "class Wrong { JemmaChatModel model; }")), folder))
                .contains("cannot find symbol");
    }

    @Test
    void everyPropertyStandsOnThePage() throws IOException {
        String page = page();
        for (Class<?> group :
                List.of(JemmaProperties.Chat.class, JemmaProperties.Embedding.class, JemmaProperties.Options.class)) {
            for (RecordComponent component : group.getRecordComponents()) {
                String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
                assertThat(page).containsPattern("[.`]" + name + "\\b");
            }
        }
    }

    @Test
    void whatJemmaHasBesideTheFrameworksStandsOnThePage() throws IOException {
        for (Class<?> builder : List.of(JemmaChatRequestParameters.Builder.class, JemmaChatOptions.Builder.class)) {
            assertThat(builder.getDeclaredMethods()).anyMatch(m -> m.getName().equals("seed"));
            for (String own : List.of("seed", "minP", "repetitionPenalty")) {
                assertThat(builder.getDeclaredMethods())
                        .anyMatch(m -> m.getName().equals(own));
                assertThat(page()).contains("`" + own + "`");
            }
        }
    }
}
