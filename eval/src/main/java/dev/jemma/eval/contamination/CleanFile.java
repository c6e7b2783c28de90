package dev.jemma.eval.contamination;

import dev.jemma.data.Documents;
import dev.jemma.data.TextSplit;
import dev.jemma.eval.EvalException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;

/** A file of the corpus without what was found: written under another name, which it loses when it is whole. */
final class CleanFile implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path target;
    private final Path part;
    private final BufferedWriter writer;
    private boolean any;
    private boolean finished;

    CleanFile(Path target) {
        this.target = target;
        this.part = part(target);
        try {
            makeFolder(target);
            this.writer = Files.newBufferedWriter(part, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Where a file of a source goes. */
    static Path target(Path folder, Path source, Documents file, TextSplit split) {
        Path inside = Files.isDirectory(source)
                ? source.relativize(file.path())
                : file.path().getFileName();
        Path target = folder.resolve(inside.toString());
        String name = target.getFileName().toString();
        if (file.text() && split instanceof TextSplit.Whole) {
            return target; // copied as it is
        }
        String plain = name.replaceFirst("\\.(gz|zst)$", "");
        boolean lines = file.text() || plain.toLowerCase(Locale.ROOT).matches(".*\\.(jsonl|ndjson)");
        return target.resolveSibling(lines ? plain : plain.replaceFirst("\\.[^.]*$", "") + ".jsonl");
    }

    /** A file in which nothing was found, byte by byte. */
    static void copy(Path from, Path to) {
        try {
            makeFolder(to);
            Files.copy(from, part(to), StandardCopyOption.REPLACE_EXISTING);
            Files.move(part(to), to, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed(to, e);
        }
    }

    private static Path part(Path target) {
        return target.resolveSibling(target.getFileName() + ".part");
    }

    private static void makeFolder(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
    }

    private static EvalException failed(Path file, IOException e) {
        return new EvalException(file + ": cannot be written: " + e.getMessage(), e);
    }

    void write(Documents.Document document, boolean text, TextSplit split) {
        try {
            if (!text) {
                writer.write(JSON.writeValueAsString(document.value()));
            } else {
                if (any) {
                    writer.write(split instanceof TextSplit.Separator(String line) ? line + "\n" : "\n");
                }
                writer.write(document.value().stringValue());
            }
            writer.write('\n');
            any = true;
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** It is whole. */
    void finish() {
        finished = true;
        try {
            writer.close();
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** Takes an unfinished file away. */
    @Override
    public void close() {
        if (finished) {
            return;
        }
        try {
            writer.close();
            Files.deleteIfExists(part);
        } catch (IOException e) {
            throw failed(target, e);
        }
    }
}
