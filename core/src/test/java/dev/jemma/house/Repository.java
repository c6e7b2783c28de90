package dev.jemma.house;

import dev.jemma.testing.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The files of the checkout that belong to the project: all but build outputs, git's own and those of IDEs. */
final class Repository {
    private static final Set<String> NOT_OURS =
            Set.of(".git", "target", "node_modules", ".idea", ".settings", ".vscode", ".classpath", ".project");

    private Repository() {}

    static Path root() {
        return Golden.root();
    }

    /** All files, as paths relative to the root, sorted. */
    static List<Path> files() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(root(), new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
                    return ours(dir) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (ours(file)) {
                        files.add(root().relativize(file));
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.sort(null);
        return files;
    }

    private static boolean ours(Path path) {
        String name = path.getFileName().toString();
        return path.equals(root())
                || (!NOT_OURS.contains(name)
                        && !name.startsWith(".build-lock")
                        && !name.endsWith(".iml")
                        && !name.endsWith(".aot"));
    }

    /** Files whose names end so. */
    static List<Path> files(String ending) {
        return files().stream().filter(f -> f.toString().endsWith(ending)).toList();
    }

    /** A file's text; empty if it is not UTF-8 text. */
    static Optional<String> text(Path relative) {
        try {
            String text = Files.readString(root().resolve(relative), StandardCharsets.UTF_8);
            return text.indexOf('\0') >= 0 ? Optional.empty() : Optional.of(text);
        } catch (CharacterCodingException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
