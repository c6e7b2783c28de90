package dev.jemma.data;

import java.io.InputStream;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The elements of a file that is one JSON array, one at a time. */
final class JsonArrayReader implements RowReader {
    private final JsonParser parser;
    private final String file;
    private boolean begun;

    JsonArrayReader(InputStream in, String file) {
        this.file = file;
        this.parser = JsonRecords.MAPPER.createParser(in);
    }

    @Override
    public Optional<Row> next() {
        try {
            if (!begun) {
                begun = true;
                parser.nextToken(); // the bracket, which the caller has seen
            }
            JsonToken token = parser.nextToken();
            if (token == JsonToken.END_ARRAY) {
                if (parser.nextToken() != null) {
                    throw place().error("something follows the end of the array");
                }
                return Optional.empty();
            }
            Place place = place();
            try {
                return Optional.of(new Row(place, JsonRecords.value(parser)));
            } catch (JsonRecords.TooLarge e) {
                throw place.error("this record " + e.getMessage(), e);
            }
        } catch (JacksonException e) {
            if (e.getCause() instanceof java.io.IOException io) {
                throw Input.failure(place().toString(), io);
            }
            long line = e.getLocation() == null ? 0 : e.getLocation().getLineNr(); // unknown where a limit was passed
            Place place = line < 1 ? place() : new Place(file, "line", line);
            throw place.error(JsonRecords.problem(e), e);
        }
    }

    private Place place() {
        return new Place(file, "line", Math.max(1, parser.currentTokenLocation().getLineNr()));
    }

    @Override
    public void close() {
        parser.close();
    }
}
