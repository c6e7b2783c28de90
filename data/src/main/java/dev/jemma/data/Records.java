package dev.jemma.data;

import java.io.BufferedInputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import tools.jackson.databind.JsonNode;

/**
 * The records of one file as they stand, whatever they are for: lines of JSON, a JSON array, or the rows of a Parquet
 * file, every column of them. Training data goes through {@link Preparer} instead, which knows schemas.
 */
public final class Records {
    private Records() {}

    /**
     * Reads a file from its first record to its last.
     *
     * @param file .parquet, or JSON (lines or one array), also with .gz or .zst
     * @param each gets a record and where it stands, for messages: {@code FILE line 3}
     * @throws DataException if the file cannot be read; the message names the place
     */
    public static void read(Path file, BiConsumer<String, JsonNode> each) {
        try (RowReader rows = open(file)) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                each.accept(row.get().place().toString(), row.get().value());
            }
        }
    }

    private static RowReader open(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".parquet")
                ? new ParquetReader(file, Set.of(), _ -> {}, ParquetReader.PATIENCE)
                : DataFile.json(file.toString(), new BufferedInputStream(Input.open(file, _ -> {}), 1 << 16));
    }
}
