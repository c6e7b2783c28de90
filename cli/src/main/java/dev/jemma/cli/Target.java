package dev.jemma.cli;

import dev.jemma.JemmaException;
import dev.jemma.format.HfFolder;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Where a new model goes: nothing is replaced unless {@code --force} says so, and never before the new one is whole. */
final class Target {
    private Target() {}

    /** Checks that a file may be written; its writer puts it in place in one step. */
    static void file(Path target, Path source, boolean force) {
        if (Files.isDirectory(target)) {
            throw new MisuseException(target + " is a folder; name the GGUF file to write");
        }
        refuseSame(target, source);
        if (Files.exists(target) && !force) {
            throw new JemmaException(target + " is there already; --force replaces it");
        }
    }

    /**
     * Has a folder written beside its place, then put there whole; an older model in that place is replaced.
     *
     * @param write writes a model into an empty or new folder
     */
    static void folder(Path target, Path source, boolean force, Consumer<Path> write) {
        refuseSame(target, source);
        if (!Files.exists(target) || isEmpty(target)) {
            place(target, fresh -> Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING), write);
            return;
        }
        if (!force) {
            throw new JemmaException(target + " is there already; --force replaces it");
        }
        if (!HfFolder.looksLike(target) && !Files.isRegularFile(target.resolve("adapter_config.json"))) {
            throw new JemmaException(
                    target + " is no model folder, and is not replaced even with --force; choose another name");
        }
        place(
                target,
                fresh -> {
                    Path old = beside(target, ".old");
                    Files.move(target, old);
                    try {
                        Files.move(fresh, target);
                    } catch (IOException e) {
                        Files.move(old, target); // the older model stays
                        throw e;
                    }
                    delete(old);
                },
                write);
    }

    /** Puts right what a process left that was killed while it replaced a folder. */
    static void recover(Path target) {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return;
        }
        String name = "." + target.getFileName() + ".";
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path left : entries.filter(p -> p.getFileName().toString().startsWith(name))
                    .toList()) {
                String end = left.getFileName().toString().substring(name.length());
                if (end.matches("\\d+\\.old") && !Files.exists(target)) {
                    Files.move(left, target);
                } else if (end.matches("\\d+\\.(old|new)")) {
                    delete(left);
                }
            }
        } catch (IOException e) {
            throw new JemmaException(folder + " cannot be tidied: " + e.getMessage(), e);
        }
    }

    /** Deletes a folder that was written here, if it is there. */
    static void remove(Path target) {
        try {
            delete(target);
        } catch (IOException e) {
            throw new JemmaException(target + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    @FunctionalInterface
    private interface Move {
        void of(Path fresh) throws IOException;
    }

    private static Path beside(Path target, String end) {
        String unique =
                "." + target.getFileName() + "." + ProcessHandle.current().pid();
        return target.toAbsolutePath().resolveSibling(unique + end);
    }

    /** Writes beside the target, moves what is whole, and leaves nothing of what is not. */
    private static void place(Path target, Move move, Consumer<Path> write) {
        Path fresh = beside(target, ".new");
        try {
            try {
                write.accept(fresh);
                move.of(fresh);
            } finally {
                delete(fresh);
            }
        } catch (IOException e) {
            throw new JemmaException(target + " cannot be put in place: " + e.getMessage(), e);
        }
    }

    private static boolean isEmpty(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new MisuseException(folder + " is a file; name the folder to write");
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        } catch (IOException e) {
            throw new JemmaException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void refuseSame(Path target, Path source) {
        try {
            if (Files.exists(target) && Files.isSameFile(target, source)) {
                throw new MisuseException(target + " is the model itself; write to another place");
            }
        } catch (IOException e) {
            throw new JemmaException(target + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, IOException e) throws IOException {
                Files.delete(left);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
