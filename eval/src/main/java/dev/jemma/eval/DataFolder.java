package dev.jemma.eval;

import dev.jemma.data.Records;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A folder with the data of benchmarks, one folder a benchmark. A split is one file of JSON lines, a JSON array, CSV or
 * Parquet; Parquet files may lie as their publishers lay them, in a folder below and in numbered parts, or in a folder
 * of the split's name.
 */
public final class DataFolder {
    private static final List<String> ENDINGS = List.of(".jsonl", ".json", ".parquet", ".csv", ".jsonl.gz", ".json.gz");
    private static final List<String> BELOW = List.of("", "data", "main", "plain_text", "default");
    private static final long MAX_WHOLE_BYTES = 64L << 20;

    private static final JsonMapper JSON = new JsonMapper();

    private final Path root;

    /** Files are looked for below {@code root}. */
    public DataFolder(Path root) {
        this.root = root;
    }

    /** The folder itself. */
    public Path root() {
        return root;
    }

    /** A file below the folder by its whole name, if it is there. */
    public Optional<Path> file(String name) {
        Path path = root.resolve(name);
        return Files.isRegularFile(path) ? Optional.of(path) : Optional.empty();
    }

    /**
     * The rows of the first of these splits that is there.
     *
     * @param names below the folder, without the ending: {@code piqa/validation}
     */
    public List<Doc> rows(List<String> names) {
        return rows(names, List.of());
    }

    /**
     * The same, where a CSV file does not begin with the names of its columns.
     *
     * @param columns their names; if there are any, a first line that is not these is a row
     */
    List<Doc> rows(List<String> names, List<String> columns) {
        for (String name : names) {
            List<Path> files = find(name);
            if (!files.isEmpty()) {
                List<Doc> rows = new ArrayList<>();
                files.forEach(file -> read(file, columns, rows));
                return rows;
            }
        }
        throw new EvalException("there is no " + root.resolve(names.getFirst()) + " (" + String.join(", ", ENDINGS)
                + "); put the benchmark's data there ('jemma eval fetch' gets it or says where it is), or name its"
                + " folder with --data");
    }

    /**
     * The rows of one file.
     *
     * @param name below the folder, with the ending, which says what the file is
     */
    public List<Doc> rowsOf(String name) {
        if (ENDINGS.stream().noneMatch(name::endsWith)) {
            throw new EvalException(
                    root.resolve(name) + ": data must be a file that ends in one of " + String.join(", ", ENDINGS));
        }
        Path file = file(name).orElseThrow(() -> new EvalException("there is no " + root.resolve(name)));
        List<Doc> rows = new ArrayList<>();
        read(file, List.of(), rows);
        return rows;
    }

    /** The first of these splits that is there, as its file or files are named below the folder. */
    public Optional<String> first(List<String> names) {
        return names.stream()
                .map(this::find)
                .filter(files -> !files.isEmpty())
                .findFirst()
                .map(files -> {
                    String name = root.relativize(files.getFirst()).toString();
                    return files.size() == 1 ? name : name + " and " + (files.size() - 1) + " more";
                });
    }

    /** The whole text of a file. */
    public String text(String name) {
        Path file = file(name)
                .orElseThrow(() -> new EvalException("there is no " + root.resolve(name)
                        + "; put the benchmark's data there, or name its folder with --data"));
        return readText(file);
    }

    static String readText(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new EvalException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private List<Path> find(String name) {
        for (String ending : ENDINGS) {
            Path whole = root.resolve(name + ending);
            if (Files.isRegularFile(whole)) {
                return List.of(whole);
            }
        }
        Path at = root.resolve(name);
        Path folder = Optional.ofNullable(at.getParent()).orElse(root);
        for (String below : BELOW) {
            List<Path> parts = parts(folder.resolve(below), at.getFileName() + "-");
            if (!parts.isEmpty()) {
                return parts;
            }
        }
        for (String below : BELOW) {
            List<Path> parts = parts(folder.resolve(below).resolve(String.valueOf(at.getFileName())), "");
            if (!parts.isEmpty()) {
                return parts;
            }
        }
        return List.of();
    }

    private static List<Path> parts(Path folder, String beginning) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.startsWith(beginning) && name.endsWith(".parquet");
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new EvalException(folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void read(Path file, List<String> columns, List<Doc> rows) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".csv")) {
            csv(file, columns, rows);
            return;
        }
        Optional<JsonNode> whole = name.endsWith(".json") ? object(file) : Optional.empty();
        if (whole.isPresent()) {
            JsonNode examples = whole.get().path("examples"); // BIG-Bench
            for (JsonNode row : examples.isArray() ? examples : List.of(whole.get())) {
                rows.add(new Doc(rows.size(), file + " example " + (rows.size() + 1), row));
            }
            return;
        }
        Records.read(file, (place, row) -> rows.add(new Doc(rows.size(), place, row)));
    }

    private static void csv(Path file, List<String> columns, List<Doc> rows) {
        List<List<String>> lines = CsvFile.rows(file);
        List<String> first = lines.isEmpty() ? List.of() : lines.getFirst();
        boolean named = columns.isEmpty() || first.equals(columns);
        List<String> names = named ? first : columns;
        for (int line = named ? 1 : 0; line < lines.size(); line++) {
            List<String> values = lines.get(line);
            String place = file + " row " + (rows.size() + 1);
            if (values.size() != names.size()) {
                throw new EvalException(
                        place + ": has " + values.size() + " values, but there are " + names.size() + " columns");
            }
            ObjectNode row = JsonNodeFactory.instance.objectNode();
            for (int i = 0; i < names.size(); i++) {
                row.put(names.get(i), values.get(i));
            }
            rows.add(new Doc(rows.size(), place, row));
        }
    }

    /** The file as one JSON object, unless it is something else: an array, or lines. */
    private static Optional<JsonNode> object(Path file) {
        try {
            if (Files.size(file) > MAX_WHOLE_BYTES) {
                return Optional.empty();
            }
            String text = Files.readString(file);
            if (!text.stripLeading().startsWith("{") || text.strip().contains("}\n{")) {
                return Optional.empty();
            }
            return Optional.of(JSON.readTree(text));
        } catch (IOException e) {
            throw new EvalException(file + " cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new EvalException(file + " is not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
