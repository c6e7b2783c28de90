package dev.jemma.eval.sandbox;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Programs of the system, looked for in some folders. */
record Tools(List<Path> folders) {
    /** The folders of PATH, and those where systems keep such programs. */
    static Tools ofSystem() {
        Set<Path> folders = new LinkedHashSet<>();
        for (String name : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            try {
                Path folder = Path.of(name);
                if (folder.isAbsolute()) {
                    folders.add(folder);
                }
            } catch (InvalidPathException e) {
                // not a folder, then
            }
        }
        for (String name : List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin")) {
            folders.add(Path.of(name));
        }
        return new Tools(List.copyOf(folders));
    }

    /** Every program of this name, the first one that a shell would take first. */
    List<Path> all(String name) {
        List<Path> found = new ArrayList<>();
        for (Path folder : folders) {
            Path path = folder.resolve(name);
            if (Files.isRegularFile(path) && Files.isExecutable(path)) {
                found.add(path);
            }
        }
        return found;
    }

    Optional<Path> find(String name) {
        return all(name).stream().findFirst();
    }

    /** Its path, or its name where it is not there. */
    String path(String name) {
        return find(name).map(Path::toString).orElse(name);
    }

    /** Which of these are not there. */
    List<String> missing(String... names) {
        return List.of(names).stream().filter(name -> find(name).isEmpty()).toList();
    }
}
