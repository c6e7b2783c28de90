package dev.jemma.data;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** A JSON value a line; blank lines are passed over. */
final class JsonLinesReader implements RowReader {
    private final LineReader lines;
    private final String file;

    JsonLinesReader(LineReader lines, String file) {
        this.lines = lines;
        this.file = file;
    }

    @Override
    public Optional<Row> next() {
        while (true) {
            Optional<String> line = lines.next();
            if (line.isEmpty()) {
                return Optional.empty();
            }
            if (!line.get().isBlank()) {
                Place place = new Place(file, "line", lines.number());
                return Optional.of(new Row(place, parse(place, line.get())));
            }
        }
    }

    private static JsonNode parse(Place place, String line) {
        try {
            return JsonRecords.MAPPER.readTree(line);
        } catch (JacksonException e) {
            throw place.error(JsonRecords.problem(e), e);
        }
    }

    @Override
    public void close() {
        lines.close();
    }
}
