package dev.jemma.format;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Builds the plain values of a JSON text: {@link JsonFields}, List, String, Long, Double, Boolean and {@link Json#NULL}.
 * Depth and number length are limited; finished containers are cut to size, so that memory stays within a small multiple
 * of the text.
 */
final class JsonReader {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER_CHARACTERS = 200;

    // No shared table of names: it would keep what hostile files put there.
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(MAX_NUMBER_CHARACTERS)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(1 << 16)
                    .build())
            .build();

    private final String source;
    private final JsonParser parser;
    private Object[] scratch = new Object[64]; // children of the containers that are still open
    private int used;

    private JsonReader(String source, JsonParser parser) {
        this.source = source;
        this.parser = parser;
    }

    static Object read(byte[] utf8, int offset, int length, String source) {
        return stream(utf8, offset, length, source, parser -> {
            JsonReader reader = new JsonReader(source, parser);
            return reader.value(parser.nextToken());
        });
    }

    /** Hands the tokens of a text to {@code work}; what Jackson objects to becomes a {@link FormatException}. */
    static <T> T stream(byte[] utf8, String source, Function<JsonParser, T> work) {
        return stream(utf8, 0, utf8.length, source, work);
    }

    private static <T> T stream(byte[] utf8, int offset, int length, String source, Function<JsonParser, T> work) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), utf8, offset, length)) {
            T result = work.apply(parser);
            if (parser.nextToken() != null) {
                throw new FormatException(source + ": more text follows the JSON value");
            }
            return result;
        } catch (JacksonException e) {
            throw new FormatException(
                    source + " is not sound JSON: " + Names.shown(e.getOriginalMessage()) + where(e), e);
        }
    }

    private static String where(JacksonException e) {
        var at = e.getLocation();
        return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    }

    private Object value(@Nullable JsonToken token) {
        return switch (token) {
            case null -> throw new FormatException(source + " is empty");
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> whole();
            case VALUE_NUMBER_FLOAT -> real();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> Json.NULL;
            default -> throw new FormatException(source + ": unexpected " + token);
        };
    }

    private Object whole() {
        return switch (parser.getNumberType()) {
            case INT, LONG -> (Object) parser.getLongValue();
            default -> parser.getDoubleValue();
        };
    }

    private Object real() {
        return parser.getDoubleValue();
    }

    private JsonFields object() {
        int from = used;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            push(parser.currentName());
            push(value(parser.nextToken()));
        }
        JsonFields fields = from == used ? JsonFields.EMPTY : new JsonFields(scratch, from, used);
        pop(from);
        String repeated = fields.repeated();
        if (repeated != null) {
            throw new FormatException(source + ": field " + Names.shown(repeated) + " occurs twice in one object");
        }
        return fields;
    }

    private List<Object> array() {
        int from = used;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            push(value(token));
        }
        List<Object> items = switch (used - from) { // the JDK's smallest lists, for texts made of nothing else
            case 0 -> List.of();
            case 1 -> List.of(scratch[from]);
            case 2 -> List.of(scratch[from], scratch[from + 1]);
            default -> Collections.unmodifiableList(Arrays.asList(Arrays.copyOfRange(scratch, from, used)));
        };
        pop(from);
        return items;
    }

    private void push(Object value) {
        if (used == scratch.length) {
            scratch = Arrays.copyOf(scratch, 2 * used);
        }
        scratch[used++] = value;
    }

    private void pop(int to) {
        Arrays.fill(scratch, to, used, Json.NULL); // drop the references, so that nothing outlives its container
        used = to;
    }
}
