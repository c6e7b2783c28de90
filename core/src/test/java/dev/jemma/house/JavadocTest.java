package dev.jemma.house;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * Everything public of core, data and the adapters has Javadoc. Not asked for: what overrides, components of records (their record tells them),
 * and setters of builders whose value its record tells by the same name.
 */
class JavadocTest {
    private static final List<String> DOCUMENTED =
            List.of("core", "data", "langchain4j", "spring-ai", "spring-ai-starter");

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static List<String> undocumented(List<? extends JavaFileObject> sources) throws IOException {
        JavacTask task = (JavacTask)
                ToolProvider.getSystemJavaCompiler().getTask(null, null, null, List.of("-proc:none"), null, sources);
        DocTrees docs = DocTrees.instance(task);
        List<String> missing = new ArrayList<>();
        for (CompilationUnitTree unit : task.parse()) {
            new Scanner(docs, missing).scan(unit, null);
        }
        return missing;
    }

    private static final class Scanner extends TreePathScanner<Void, Void> {
        private final DocTrees docs;
        private final List<String> missing;

        Scanner(DocTrees docs, List<String> missing) {
            this.docs = docs;
            this.missing = missing;
        }

        @Override
        public Void visitClass(ClassTree type, Void none) {
            boolean inInterface = parent().getKind() == Tree.Kind.INTERFACE;
            if (!isPublic(type.getModifiers()) && !inInterface) {
                return null; // nobody outside sees what is in it
            }
            check(type.getSimpleName().toString());
            return super.visitClass(type, none);
        }

        @Override
        public Void visitMethod(MethodTree method, Void none) {
            Set<Modifier> flags = method.getModifiers().getFlags();
            boolean visible = flags.contains(Modifier.PUBLIC)
                    || (parent().getKind() == Tree.Kind.INTERFACE && !flags.contains(Modifier.PRIVATE));
            boolean overrides = method.getModifiers().getAnnotations().stream()
                    .anyMatch(a -> a.getAnnotationType().toString().equals("Override"));
            boolean constructor = method.getReturnType() == null;
            if (visible && !overrides && !constructor && !toldByTheType(method)) {
                check(method.getName().toString());
            }
            return null;
        }

        /** Setters of a builder, and fluent accessors without parameters, where a record or enum tells the same name. */
        private boolean toldByTheType(MethodTree method) {
            ClassTree type = (ClassTree) parent();
            return type.getSimpleName().toString().equals("Builder")
                    && method.getReturnType().toString().equals("Builder")
                    && method.getParameters().size() == 1;
        }

        private Tree parent() {
            return getCurrentPath().getParentPath().getLeaf();
        }

        private void check(String name) {
            TreePath path = getCurrentPath();
            String text = docs.getDocComment(path);
            if (text == null || text.isBlank()) {
                String file = Path.of(path.getCompilationUnit()
                                .getSourceFile()
                                .toUri()
                                .getPath())
                        .getFileName()
                        .toString();
                long line = path.getCompilationUnit()
                        .getLineMap()
                        .getLineNumber(
                                docs.getSourcePositions().getStartPosition(path.getCompilationUnit(), path.getLeaf()));
                missing.add(file + ":" + line + " " + name);
            }
        }

        private static boolean isPublic(ModifiersTree modifiers) {
            return modifiers.getFlags().contains(Modifier.PUBLIC);
        }
    }

    @Test
    void everythingPublicOfTheLibrariesHasJavadoc() throws IOException {
        List<Source> sources = Repository.files(".java").stream()
                .filter(file -> DOCUMENTED.stream().anyMatch(m -> file.startsWith(Path.of(m, "src", "main", "java"))))
                .map(file -> new Source(
                        file.toString().replace('\\', '/'),
                        Repository.text(file).orElseThrow()))
                .toList();
        assertThat(sources).hasSizeGreaterThan(100);
        assertThat(undocumented(sources)).isEmpty();
    }

    @Test
    void whatLacksJavadocIsFound() throws IOException {
        String text = """
                /** Told. */
                public final class Example {
                    public int untold() { return 1; }
                    /** Told. */
                    public int told() { return 1; }
                    @Override public String toString() { return ""; }
                    int hidden() { return 1; }
                    public record Untold(int a) {}
                    /** Told. */
                    public interface Door { void open(); }
                    static final class Hidden { public void alsoHidden() {} }
                }
                """;
        assertThat(undocumented(List.of(new Source("Example.java", text))))
                .containsExactly("Example.java:3 untold", "Example.java:8 Untold", "Example.java:10 open");
    }
}
