package dev.jemma.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON for programs that read us and for our own small files. Records become objects with their components' names in snake case; an
 * empty Optional is left out.
 */
public final class Json {
    private static final JsonMapper LINE = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .changeDefaultPropertyInclusion(i -> i.withValueInclusion(JsonInclude.Include.NON_ABSENT))
            .build();
    private static final JsonMapper PRETTY =
            LINE.rebuild().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /** Many lines, indented: what {@code --json} prints. */
    public static String pretty(Object value) {
        return PRETTY.writeValueAsString(value);
    }

    /** One line, for JSONL. */
    public static String line(Object value) {
        return LINE.writeValueAsString(value);
    }

    /**
     * Reads a JSON text as a tree.
     *
     * @throws JacksonException if it is not JSON
     */
    public static JsonNode parse(String text) {
        return LINE.readTree(text);
    }

    /**
     * Reads a JSON text as a record.
     *
     * @throws JacksonException if it is not JSON or does not have the record's form
     */
    public static <T> T parse(String text, Class<T> type) {
        return LINE.readValue(text, type);
    }
}
