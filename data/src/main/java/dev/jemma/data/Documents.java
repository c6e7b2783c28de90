package dev.jemma.data;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import tools.jackson.databind.JsonNode;

/**
 * The records of one file as they stand there, for those who look at training data without turning it into tokens: no
 * schema is asked for, and nothing is dropped.
 *
 * @param path the file
 * @param bytes its size
 * @param text whether it is running text rather than records
 */
public record Documents(Path path, long bytes, boolean text) {
    /**
     * A record, or a document of a text file.
     *
     * @param place the place in the file, such as {@code line 12}
     * @param value a JSON object, or a string for text
     */
    public record Document(String place, JsonNode value) {}

    /** Takes documents in order. */
    @FunctionalInterface
    public interface Sink {
        /** A document; false ends the reading. */
        boolean accept(Document document);
    }

    /**
     * The files that are named, folders replaced by the files in and below them, in sorted order.
     *
     * @throws DataException if one is not there, or is of no format that is read
     */
    public static List<Documents> find(List<Path> sources) {
        return DataFile.find(sources).stream()
                .map(file -> new Documents(file.path(), file.bytes(), file.kind() == DataFile.Kind.TEXT))
                .toList();
    }

    /**
     * Reads the file to its end, or until the sink has enough.
     *
     * @param split where documents of a text file end; one of more than some million characters comes in parts
     * @param counter is told bytes of the file as they are read
     * @throws DataException if the file cannot be read; it names the place
     */
    public void read(TextSplit split, LongConsumer counter, Sink sink) {
        DataOptions options = DataOptions.builder().split(split).build();
        DataFile file = DataFile.find(List.of(path)).getFirst();
        try (RowReader reader = file.open(options, Set.of(), counter)) {
            boolean more = true;
            for (Optional<Row> row = reader.next(); more && row.isPresent(); row = more ? reader.next() : row) {
                Place place = row.get().place();
                more = sink.accept(new Document(
                        place.unit() + " " + place.number(), row.get().value()));
            }
        }
    }

    /** The file's bytes, unpacked. */
    public InputStream open(LongConsumer counter) {
        return Input.open(path, counter);
    }
}
