package dev.jemma.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** A file of training data and how it is read, which its name tells. */
record DataFile(Path path, Kind kind, long bytes) {
    /** Formats. */
    enum Kind {
        TEXT,
        JSON,
        PARQUET
    }

    static final String READ = ".txt, .md, .jsonl, .ndjson, .json (each also with .gz or .zst) and .parquet";

    /** What is named, folders replaced by the files in and below them, in sorted order. */
    static List<DataFile> find(List<Path> sources) {
        List<DataFile> files = new ArrayList<>();
        for (Path source : sources) {
            if (Files.isDirectory(source)) {
                files.addAll(in(source));
            } else {
                files.add(file(source));
            }
        }
        if (files.isEmpty()) {
            throw new DataException("no training data was named");
        }
        return files;
    }

    private static DataFile file(Path path) {
        if (!Files.exists(path)) {
            throw new DataException(path + ": no such file or folder");
        }
        Kind kind = kind(path)
                .orElseThrow(() -> new DataException(path + ": its name does not tell its format; read are " + READ));
        return new DataFile(path, kind, size(path));
    }

    /** Text beside records is a README, not data. */
    private static List<DataFile> in(Path folder) {
        List<DataFile> files = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : walk.filter(p -> !hidden(folder, p)).sorted().toList()) {
                Optional<Kind> kind = kind(path);
                if (kind.isPresent() && Files.isRegularFile(path)) {
                    files.add(new DataFile(path, kind.get(), size(path)));
                }
            }
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new DataException(folder + ": cannot be read: " + e.getMessage(), e);
        }
        if (files.stream().anyMatch(file -> file.kind() != Kind.TEXT)) {
            files.removeIf(file -> file.kind() == Kind.TEXT);
        }
        if (files.isEmpty()) {
            throw new DataException(folder + ": holds no training data; read are " + READ);
        }
        return files;
    }

    private static boolean hidden(Path folder, Path path) {
        for (Path part : folder.relativize(path)) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw Input.failure(path.toString(), e);
        }
    }

    private static Optional<Kind> kind(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        String plain = name.replaceFirst("\\.(gz|zst)$", "");
        if (plain.endsWith(".txt") || plain.endsWith(".md")) {
            return Optional.of(Kind.TEXT);
        }
        if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson") || plain.endsWith(".json")) {
            return Optional.of(Kind.JSON);
        }
        return name.endsWith(".parquet") ? Optional.of(Kind.PARQUET) : Optional.empty();
    }

    /** @param counter is told bytes of the file as they are read */
    RowReader open(DataOptions options, LongConsumer counter) {
        return open(options, Schema.columns(options), counter);
    }

    /** @param columns those of a Parquet file that are read */
    RowReader open(DataOptions options, Set<String> columns, LongConsumer counter) {
        String name = path.toString();
        return switch (kind) {
            case PARQUET -> new ParquetReader(path, columns, counter, ParquetReader.PATIENCE);
            case TEXT ->
                new TextReader(
                        new LineReader(Input.open(path, counter), name, Input.MAX_RECORD_BYTES), name, options.split());
            case JSON -> json(name, new BufferedInputStream(Input.open(path, counter), 1 << 16));
        };
    }

    /** A file that begins with a bracket is one array, whatever its name says; else it has a value a line. */
    static RowReader json(String name, InputStream in) {
        try {
            in.mark(1 << 12);
            int first = in.read();
            for (int skipped = 0; skipped < 4000 && (isSpace(first) || isByteOrderMark(first)); skipped++) {
                first = in.read();
            }
            in.reset();
            return first == '['
                    ? new JsonArrayReader(in, name)
                    : new JsonLinesReader(new LineReader(in, name, Input.MAX_RECORD_BYTES), name);
        } catch (IOException e) {
            throw Input.failure(name, e);
        }
    }

    private static boolean isSpace(int b) {
        return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }

    private static boolean isByteOrderMark(int b) {
        return b == 0xEF || b == 0xBB || b == 0xBF;
    }
}
