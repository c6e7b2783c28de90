package dev.jemma.serve.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON in and out. What comes in must be one object of valid UTF-8, of bounded depth, without a name given twice. */
public final class Wire {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_NUMBER = 64;

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_NUMBER)
                            .maxStringLength(Integer.MAX_VALUE) // the body's limit bounds it
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Wire() {}

    /** A new object. */
    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** The bytes of a value. */
    public static byte[] bytes(JsonNode value) {
        return JSON.writeValueAsBytes(value);
    }

    /**
     * The fields of a request's body.
     *
     * @throws ApiException if it is not one JSON object
     */
    public static Fields read(byte[] body) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ApiException.invalid("", "the body is not valid UTF-8");
        }
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (JacksonException e) {
            throw ApiException.invalid("", "the body is not valid JSON: " + firstLine(e.getOriginalMessage()));
        }
        if (!(node instanceof ObjectNode object)) {
            throw ApiException.invalid("", "the body must be a JSON object");
        }
        return new Fields(object, "");
    }

    /** An object from its text, if that is what a text is. */
    static Optional<ObjectNode> object(String json) {
        try {
            return JSON.readTree(json) instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** Without what the body held: messages go to logs. */
    private static String firstLine(String message) {
        String line = message.lines().findFirst().orElse("");
        return line.substring(0, Math.min(160, line.length()));
    }
}
