package dev.jemma.data;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** JSON under limits: how deep, how long a text, how large a record. */
final class JsonRecords {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_NAME_CHARS = 10_000;

    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNameLength(MAX_NAME_CHARS)
                            .maxStringLength(Input.MAX_RECORD_BYTES)
                            .build())
                    .build())
            .build();

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonRecords() {}

    /** A record of the wrong size, told apart from one of the wrong form. */
    static final class TooLarge extends DataException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("is larger than " + (Input.MAX_RECORD_BYTES >> 20) + " MiB");
        }
    }

    /**
     * The value that begins at the parser's current token; leaves the parser at its last token.
     *
     * @throws TooLarge if it takes more bytes than a record may
     * @throws JacksonException if it is not JSON
     */
    static JsonNode value(JsonParser parser) {
        return value(parser, parser.currentTokenLocation().getByteOffset() + Input.MAX_RECORD_BYTES);
    }

    // The parser bounds the depth, and so this recursion.
    private static JsonNode value(JsonParser parser, long lastByte) {
        if (parser.currentLocation().getByteOffset() > lastByte) {
            throw new TooLarge();
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = NODES.objectNode();
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    object.set(name, value(parser, lastByte));
                }
                yield object;
            }
            case START_ARRAY -> {
                ArrayNode array = NODES.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(parser, lastByte));
                }
                yield array;
            }
            case VALUE_STRING -> NODES.stringNode(parser.getString());
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDoubleValue());
            default -> NODES.nullNode();
        };
    }

    /** What is wrong with a text that is not JSON, in a line. */
    static String problem(JacksonException e) {
        if (e instanceof StreamConstraintsException) {
            return "is larger or more deeply nested than is read (" + (Input.MAX_RECORD_BYTES >> 20) + " MiB, "
                    + MAX_DEPTH + " levels)";
        }
        TokenStreamLocation location = e.getLocation();
        String column = location == null || location.getColumnNr() < 1 ? "" : " at column " + location.getColumnNr();
        String message = String.valueOf(e.getOriginalMessage()).strip();
        int end = message.indexOf('\n');
        return "is not JSON" + column + ": " + (end < 0 ? message : message.substring(0, end));
    }
}
