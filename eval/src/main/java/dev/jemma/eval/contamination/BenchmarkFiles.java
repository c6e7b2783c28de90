package dev.jemma.eval.contamination;

import dev.jemma.data.DataException;
import dev.jemma.data.Documents;
import dev.jemma.data.TextSplit;
import dev.jemma.eval.CsvFile;
import dev.jemma.eval.EvalException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The items of all benchmarks below a folder: a record of JSONL, Parquet or CSV, an element of a JSON array (also of one
 * inside an object, as BIG-bench has it), or a paragraph of a text file. The first folder on the way names the benchmark.
 */
final class BenchmarkFiles {
    private static final long MAX_FILE_BYTES = 1L << 30;
    private static final int MAX_DEPTH = 20;
    private static final JsonMapper JSON = JsonMapper.shared();

    private final Path root;
    private final Consumer<Item> sink;

    private BenchmarkFiles(Path root, Consumer<Item> sink) {
        this.root = root;
        this.sink = sink;
    }

    /** Hands over every item, in the order of names. */
    static void read(Path root, Consumer<Item> sink) {
        if (!Files.exists(root)) {
            throw new EvalException(root + ": no such file or folder; --against names the benchmarks");
        }
        BenchmarkFiles files = new BenchmarkFiles(root, sink);
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(root)) {
            paths = walk.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            throw new EvalException(root + ": cannot be read: " + e.getMessage(), e);
        }
        for (Path path : paths) {
            files.file(path);
        }
    }

    private void file(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
        String plain = name.replaceFirst("\\.(gz|zst)$", "");
        try {
            if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson") || name.endsWith(".parquet")) {
                records(path);
            } else if (name.endsWith(".json")) {
                json(path);
            } else if (name.endsWith(".csv")) {
                csv(path);
            } else if (plain.endsWith(".txt")) {
                records(path);
            }
        } catch (DataException e) {
            throw new EvalException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new EvalException(path + ": cannot be read: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new EvalException(path + ": is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private void records(Path path) {
        Documents.find(List.of(path)).getFirst().read(new TextSplit.BlankLines(), _ -> {}, document -> {
            item(path, document.place(), document.value());
            return true;
        });
    }

    private void json(Path path) throws IOException {
        if (Files.size(path) > MAX_FILE_BYTES) {
            throw new EvalException(path + ": is too large for one JSON value; write its items a line each (.jsonl)");
        }
        JsonNode whole;
        try {
            whole = JSON.readTree(Files.readAllBytes(path));
        } catch (JacksonException e) {
            records(path); // a value a line, as some name their files
            return;
        }
        if (whole.isArray()) {
            elements(path, "element", whole);
            return;
        }
        boolean lists = false;
        for (var field : whole.properties()) {
            if (field.getValue().isArray() && field.getValue().path(0).isObject()) {
                elements(path, field.getKey(), field.getValue());
                lists = true;
            }
        }
        if (!lists) {
            item(path, "record 1", whole);
        }
    }

    private void elements(Path path, String label, JsonNode list) {
        int number = 0;
        for (JsonNode element : list) {
            item(path, label + " " + ++number, element);
        }
    }

    private void csv(Path path) throws IOException {
        if (Files.size(path) > MAX_FILE_BYTES) {
            throw new EvalException(path + ": is larger than 1 GiB; no benchmark is");
        }
        int number = 0;
        for (List<String> row : CsvFile.rows(path)) {
            number++;
            if (number > 1) {
                sink.accept(new Item(benchmark(path), place(path) + " row " + number, row));
            }
        }
    }

    private void item(Path path, String place, JsonNode value) {
        List<String> texts = new ArrayList<>();
        collect(value, texts, 0);
        sink.accept(new Item(benchmark(path), place(path) + " " + place, texts));
    }

    private static void collect(JsonNode value, List<String> texts, int depth) {
        if (value.isString()) {
            texts.add(value.stringValue());
        } else if (depth < MAX_DEPTH) {
            for (JsonNode inner : value) {
                collect(inner, texts, depth + 1);
            }
        }
    }

    private String place(Path path) {
        Path inside = root.relativize(path);
        return inside.toString().isEmpty()
                ? path.getFileName().toString()
                : inside.toString().replace('\\', '/');
    }

    private String benchmark(Path path) {
        String place = place(path);
        int slash = place.indexOf('/');
        return slash >= 0 ? place.substring(0, slash) : place.replaceFirst("\\..*$", "");
    }
}
