package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * The folder that keeps models (JEMMA_HOME). Each model is a folder {@code models/NAME} with its files and a
 * {@code model.json} that says where they came from; it appears by one rename when it is whole, so a reader never sees half
 * of one. Unfinished downloads lie in {@code partial/NAME}. Reading works in a folder that may not be written.
 */
public final class Store {
    private static final String RECORD = "model.json";
    private static final long MOST_RECORD_BYTES = 4 << 20;

    private final Path home;

    /** The store in a folder, which need not exist yet. */
    public Store(Path home) {
        this.home = home.toAbsolutePath().normalize();
    }

    /** The store's folder. */
    public Path home() {
        return home;
    }

    /** All models that are whole, by name; a damaged record is passed over and told to {@code problems}. */
    public List<StoreEntry> list(List<String> problems) {
        List<StoreEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(home.resolve("models"))) {
            for (Path folder : folders) {
                String name = String.valueOf(folder.getFileName());
                try {
                    if (Files.exists(folder.resolve(RECORD))) {
                        entries.add(read(folder, name));
                    }
                } catch (JemmaException e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw new JemmaException("the store " + home + " cannot be read: " + reason(e), e);
        }
        entries.sort(Comparator.comparing(StoreEntry::name));
        return entries;
    }

    /** The model of a name, if it is here. */
    public Optional<StoreEntry> find(String name) {
        Path folder = folder(name);
        return Files.exists(folder.resolve(RECORD)) ? Optional.of(read(folder, name)) : Optional.empty();
    }

    /**
     * What to open of a model: its GGUF file or its folder.
     *
     * @throws JemmaException if a file is gone or does not have the size that it had when it arrived
     */
    public Path path(StoreEntry entry) {
        Path folder = folder(entry.name());
        for (ModelFile file : entry.files()) {
            Path path = Names.inside(folder, file.name(), "the store");
            long size = size(path);
            if (size != file.bytes().orElse(size)) {
                throw new JemmaException(path + (size < 0 ? " is gone" : " has another size than when it arrived")
                        + "; get it again: jemma pull --force " + entry.name());
            }
        }
        return entry.gguf()
                .map(file -> Names.inside(folder, file.name(), "the store"))
                .orElse(folder);
    }

    /** The folder of unfinished downloads of a model; made if it is not there. */
    Path partial(String name) {
        return writable(home.resolve("partial").resolve(Names.model(name, "the store")));
    }

    /** Makes a folder of the store, or says that the store is read-only. */
    private Path writable(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw readOnly(e);
        }
    }

    private JemmaException readOnly(IOException e) {
        return new JemmaException(
                "the store " + home + " cannot be written (" + reason(e)
                        + "); models in it work, but to get new ones set JEMMA_HOME to a folder of yours",
                e);
    }

    /** Takes the lock of a model, so that two processes do not fetch or remove it at once. */
    StoreLock lock(String name, Runnable onWait) {
        Path folder = writable(home.resolve("locks"));
        try {
            return StoreLock.take(folder.resolve(Names.model(name, "the store") + ".lock"), onWait);
        } catch (IOException e) {
            throw readOnly(e);
        }
    }

    /** Makes the files in {@code partial} the model of this name, in place of an older one. Needs the lock. */
    void publish(Path partial, StoreEntry entry) {
        Path target = folder(entry.name());
        try {
            Files.writeString(partial.resolve(RECORD), Json.pretty(entry) + "\n");
            Files.createDirectories(home.resolve("models"));
            if (Files.exists(target)) {
                Path old = home.resolve("partial").resolve(entry.name() + "+old");
                deleteTree(old);
                Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
                deleteTree(old);
            } else {
                Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new JemmaException("the store " + home + " cannot be written: " + reason(e), e);
        }
    }

    /** Removes from a folder of unfinished downloads what an earlier try left and the model does not need. */
    void tidy(Path partial, List<ModelFile> files) {
        List<Path> wanted = files.stream()
                .map(file -> Names.inside(partial, file.name(), "the store"))
                .toList();
        try (Stream<Path> paths = Files.walk(partial)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                if (wanted.stream().noneMatch(file -> file.startsWith(path))) {
                    Files.deleteIfExists(path);
                }
            }
        } catch (IOException e) {
            throw new JemmaException("the store " + home + " cannot be written: " + reason(e), e);
        }
    }

    /** Removes a model and what is left of unfinished downloads of it; says whether anything was there. */
    public boolean remove(String name) {
        Path folder = folder(name);
        Path partial = home.resolve("partial").resolve(name);
        if (!Files.exists(folder) && !Files.exists(partial)) {
            return false;
        }
        try (StoreLock _ = lock(name, () -> {})) {
            // The record goes first: a model that is half removed is none.
            Files.deleteIfExists(folder.resolve(RECORD));
            deleteTree(folder);
            deleteTree(partial);
            return true;
        } catch (IOException e) {
            throw new JemmaException(name + " cannot be removed from " + home + ": " + reason(e), e);
        }
    }

    /** The record of a consent; see {@link Consent}. */
    Path consents() {
        return home.resolve("licences.json");
    }

    /** Writes a small text file by a rename, so that it is never seen half written. */
    void write(Path file, String text) throws IOException {
        Files.createDirectories(home);
        // Not a temporary file of Java's: only its owner could read that, and a store may serve others.
        Path fresh = home.resolve("new-" + ProcessHandle.current().pid() + "-"
                + Thread.currentThread().threadId() + ".tmp");
        try {
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private Path folder(String name) {
        return home.resolve("models").resolve(Names.model(name, "the store"));
    }

    private static StoreEntry read(Path folder, String name) {
        Path file = folder.resolve(RECORD);
        try {
            if (Files.size(file) > MOST_RECORD_BYTES) {
                throw new JemmaException(file + " is too large to be a model's record");
            }
            StoreEntry entry = Json.parse(Files.readString(file), StoreEntry.class);
            if (!entry.name().equals(name)) {
                throw new JemmaException(file + " is the record of another model, " + entry.name());
            }
            return entry;
        } catch (JacksonException | NullPointerException e) {
            throw new JemmaException(file + " is damaged; remove the model (jemma rm " + name + ")", e);
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + reason(e), e);
        }
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            return -1;
        }
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(folder)) { // follows no links
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** Java's file exceptions often say only the file's name. */
    static String reason(IOException e) {
        if (e instanceof java.nio.file.AccessDeniedException denied) {
            return "no permission for " + denied.getFile();
        }
        String message = e.getMessage();
        return message == null
                ? e.getClass().getSimpleName()
                : e instanceof java.nio.file.FileSystemException
                        ? e.getClass().getSimpleName() + " " + message
                        : message;
    }
}
