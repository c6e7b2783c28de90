package dev.jemma.cli.hub;

import dev.jemma.JemmaException;
import dev.jemma.cli.Console;
import dev.jemma.cli.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Puts files that are on this machine into the store, with their checksums, as a download would. */
public final class Importer {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Store store;
    private final Console console;

    public Importer(Store store, Console console) {
        this.store = store;
        this.console = console;
    }

    /**
     * Imports a model.
     *
     * @param path a GGUF file (any part of a split one) or a Hugging Face folder
     * @param name in the store; made from the file's or folder's name if not given
     * @param link whether to link instead of copying
     * @param force whether to replace a model of that name
     */
    public StoreEntry importModel(Path path, Optional<String> name, boolean link, boolean force) {
        Path real = path.toAbsolutePath().normalize();
        if (!Files.exists(real)) {
            throw new JemmaException("there is no file or folder " + path);
        }
        boolean folder = Files.isDirectory(real);
        Path base = folder ? real : Optional.ofNullable(real.getParent()).orElse(real);
        List<String> files = folder ? folderFiles(base) : ggufFiles(base, real);
        String chosen = Names.model(name.orElseGet(() -> nameOf(real)), "the import");
        try (StoreLock _ = store.lock(chosen, () -> console.note("another jemma works on " + chosen + "; waiting"))) {
            if (!force && store.find(chosen).isPresent()) {
                throw new JemmaException(
                        "the store has a model '" + chosen + "' already; give another --name, or --force");
            }
            Path partial = store.partial(chosen);
            store.tidy(partial, List.of());
            List<ModelFile> taken = take(base, files, store.partial(chosen), link);
            String date = OffsetDateTime.now(ZoneOffset.UTC)
                    .truncatedTo(ChronoUnit.SECONDS)
                    .toString();
            StoreEntry entry = new StoreEntry(chosen, "imported from " + real, "", "", date, taken);
            store.publish(partial, entry);
            return entry;
        }
    }

    private List<ModelFile> take(Path base, List<String> files, Path partial, boolean link) {
        List<ModelFile> taken = new ArrayList<>();
        try {
            long total = 0;
            for (String file : files) {
                total += Files.size(base.resolve(file));
            }
            if (!link) {
                Space.check(partial, total);
            }
            try (Progress progress = console.progress("importing", total, Progress.Unit.BYTES)) {
                for (String file : files) {
                    Path target = Names.inside(partial, file, "the import");
                    Files.createDirectories(
                            Optional.ofNullable(target.getParent()).orElse(partial));
                    taken.add(takeOne(base.resolve(file), target, file, link, progress));
                }
            }
            return taken;
        } catch (IOException e) {
            throw new JemmaException("the import failed: " + Store.reason(e), e);
        }
    }

    private static ModelFile takeOne(Path from, Path to, String name, boolean link, Progress progress)
            throws IOException {
        MessageDigest digest = Checksums.sha256();
        long bytes = 0;
        byte[] buffer = new byte[BUFFER_BYTES];
        if (link) {
            Files.createSymbolicLink(to, from.toRealPath());
        }
        try (InputStream in = Files.newInputStream(from);
                OutputStream out = link ? OutputStream.nullOutputStream() : Files.newOutputStream(to)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
                digest.update(buffer, 0, count);
                bytes += count;
                progress.advance(count);
            }
        }
        return new ModelFile(name, Optional.of(bytes), Optional.of(Checksums.hex(digest)));
    }

    private static List<String> ggufFiles(Path base, Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            if (!new String(in.readNBytes(4), StandardCharsets.ISO_8859_1).equals("GGUF")) {
                throw new JemmaException(
                        file + " is no GGUF file; give a GGUF file or a folder with config.json" + " and safetensors");
            }
        } catch (IOException e) {
            throw new JemmaException(file + " cannot be read: " + Store.reason(e), e);
        }
        List<String> parts = ModelFiles.parts(String.valueOf(file.getFileName()), names(base, 1));
        if (!ModelFiles.complete(parts)) {
            throw new JemmaException(file + " is a part of a split file, and other parts are missing beside it");
        }
        return parts;
    }

    private static List<String> folderFiles(Path folder) {
        List<String> names = names(folder, 2);
        List<String> files = ModelFiles.choose(names)
                .orElseThrow(() -> new JemmaException(
                        folder + " is no model: it needs a config.json with safetensors, or exactly one GGUF file"));
        if (!ModelFiles.complete(files)) {
            throw new JemmaException(folder + " lacks parts of a split file");
        }
        return files;
    }

    private static List<String> names(Path folder, int depth) {
        try (Stream<Path> paths = Files.walk(folder, depth)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> folder.relativize(path).toString().replace('\\', '/'))
                    .toList();
        } catch (IOException e) {
            throw new JemmaException(folder + " cannot be read: " + Store.reason(e), e);
        }
    }

    private static String nameOf(Path path) {
        String name = String.valueOf(path.getFileName())
                .replaceFirst("(?i)(-\\d{5}-of-\\d{5})?\\.gguf$", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9._-]", "-");
        return name.replaceFirst("^[^a-z0-9]+", "");
    }
}
